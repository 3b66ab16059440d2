import type { PieceGroup } from './index.js';

interface Client {
  sendCommand(command: object): unknown;
  get(key: string): unknown;
}

/** As much of a client as a handle needs: a method on the prototype that ends in `this.sendCommand`. */
class BareClient implements Client {
  sent = 0;

  sendCommand(_command: object): unknown {
    this.sent += 1;
    return undefined;
  }

  get(key: string): unknown {
    return this.sendCommand({ name: 'get', args: [key] });
  }
}

const client = new BareClient();

function send(command: object): unknown {
  return client.sendCommand(command);
}

function Handle(this: object) {}
Handle.prototype = Object.create(client, { sendCommand: { value: send, writable: true } });
const HandleClass = Handle as unknown as new () => Client;

const descriptors: PropertyDescriptorMap = { sendCommand: { value: send, writable: true } };

const traps: ProxyHandler<BareClient> = {
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
    { name: 'the prototype is the client, made by a constructor', run: loop(() => new HandleClass()) },
    { name: 'Object.create with descriptors', run: loop(() => Object.create(client, descriptors) as Client) },
    { name: 'Proxy', run: loop(() => new Proxy(client, traps)) },
  ],
};
