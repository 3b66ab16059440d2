import type { Client, Command } from '../connection/client.js';
import { LentOptions } from '../connection/lent-options.js';
import { type Handle, type HandleOwner, OVERRIDES, OWNER } from './overrides.js';
import type { ScopedRedis } from './scoped-redis.js';

/** What a handle stands for. */
interface Lent {
  readonly client: Client;
  /** What the handle shows as its options. */
  readonly options: object;
  readonly otherOptions: readonly string[];
}

type HandleClass = new (owner: HandleOwner, options: object, others: readonly string[]) => ScopedRedis;

/** One for all clients of a kind, so that the engine knows the shape of every handle. */
const classes = new WeakMap<object, HandleClass>();

/**
 * A handle inherits from what its client inherits from: ioredis builds commands, pipelines, transactions, scripts and
 * scan streams on `this`, and all of them end in `this.sendCommand`, which is ours. So there is one gate and no list of
 * methods. What a borrower sets on the handle (listeners, options, defined commands) stays on the handle.
 */
export function createHandle(owner: HandleOwner, { client, options, otherOptions }: Lent): ScopedRedis {
  const kind = Object.getPrototypeOf(client);
  let Class = classes.get(kind);
  if (!Class) {
    Class = createClass(kind, client);
    classes.set(kind, Class);
  }
  const handle = new Class(owner, options, otherOptions);
  for (const name in client.scriptsSet) lend(handle, client, name);
  return handle;
}

function createClass(kind: object, client: Client): HandleClass {
  const prototype = Object.create(kind);
  for (const name of Object.keys(client)) passOn(prototype, name);
  Object.defineProperties(prototype, { ...OVERRIDES, sendCommand: { value: sendCommand, writable: true } });
  Object.defineProperty(prototype, 'options', { value: undefined, writable: true });
  lazily(prototype, 'scriptsSet', ({ scriptsSet }) => ({ ...scriptsSet }));
  lazily(prototype, 'addedBuiltinSet', ({ addedBuiltinSet }) => new Set(addedBuiltinSet));
  lazily(prototype, '_events', () => Object.create(null));
  lazily(prototype, '_eventsCount', () => 0);
  lazily(prototype, '_maxListeners', () => undefined);
  function HandleOf(
    this: Record<PropertyKey, unknown>,
    owner: HandleOwner,
    options: object,
    others: readonly string[],
  ) {
    this[OWNER] = owner;
    this.options = new LentOptions(options as never, others);
  }
  HandleOf.prototype = prototype;
  return HandleOf as unknown as HandleClass;
}

/** Where all commands of a handle come together; also what stacks of a borrower's commands end in. */
export function sendCommand(this: Handle, command: Command, stream: unknown, node: unknown) {
  return this[OWNER].send(command, stream, node);
}

/** Scripts that the client was made with are methods of its own. */
function lend(handle: object, client: Client, name: string): void {
  for (const method of [name, `${name}Buffer`]) {
    const value = (client as unknown as Record<string, unknown>)[method];
    Object.defineProperty(handle, method, { value, writable: true, configurable: true });
  }
}

/** What the client knows of itself can be read through the handle; what is set stays there. */
function passOn(prototype: object, name: string): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: Handle) {
      return (this[OWNER].origin as unknown as Record<string, unknown>)[name];
    },
    set(this: object, value: unknown) {
      own(this, name, value);
    },
  });
}

/** A property that each handle gets for its own when it is first read or set. */
function lazily(prototype: object, name: string, make: (client: Client) => unknown): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: Handle) {
      return own(this, name, make(this[OWNER].origin));
    },
    set(this: object, value: unknown) {
      own(this, name, value);
    },
  });
}

function own(handle: object, name: string, value: unknown): unknown {
  Object.defineProperty(handle, name, { value, writable: true, configurable: true, enumerable: true });
  return value;
}
