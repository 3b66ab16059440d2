import { createMemoryClient } from '../peers/memory-socket.js';
import type { PieceGroup } from './piece.js';

interface Client {
  sendCommand(command: object): unknown;
  get(key: string): unknown;
}

/** A real one, for ioredis looks at several properties of `this` before it sends; it never connects. */
const client = createMemoryClient() as unknown as Client;

let sent: object | undefined;

function send(command: object): unknown {
  sent = command;
  return undefined;
}

function Handle(this: object) {}
Handle.prototype = Object.create(client, { sendCommand: { value: send, writable: true } });
const HandleClass = Handle as unknown as new () => Client;

const descriptors: PropertyDescriptorMap = { sendCommand: { value: send, writable: true } };

const traps: ProxyHandler<Client> = {
  get(target, property, receiver) {
    return property === 'sendCommand' ? send : Reflect.get(target, property, receiver);
  },
};

function loop(make: () => Client): (times: number) => void {
  return (times) => {
    for (let time = 0; time < times; time += 1) make().get('key');
  };
}

/** Made for each scope, used for one command. */
export const handles: PieceGroup = {
  group: 'a handle and one command on it',
  alternatives: [
    { name: 'a constructor, its prototype the client', run: loop(() => new HandleClass()) },
    { name: 'Object.create with descriptors', run: loop(() => Object.create(client, descriptors) as Client) },
    { name: 'Proxy', run: loop(() => new Proxy(client, traps)) },
  ],
};

export const lastCommand = () => sent;
