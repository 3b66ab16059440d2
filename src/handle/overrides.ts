import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import type { Client, Command } from '../connection/client.js';
import { outsideOfParser } from '../connection/incoming.js';
import { outsideOfScopes } from '../core/around.js';
import type { Entry } from '../core/origin.js';
import { noop } from '../core/outcome.js';
import { rejected } from './refusals.js';

/** The `exec` of a pipeline. */
export type Exec = (...given: unknown[]) => unknown;

/** What a handle reports to, and asks whether it may. */
export interface HandleOwner {
  /** The client behind the handle; undefined once the scope has ended. */
  readonly client: Client | undefined;
  /** The same, also afterwards: what it knows may be read, and nothing sent. */
  readonly origin: Client;
  /** How many commands were issued on its connection, by anybody, that end a WATCH. */
  readonly watchesEnded?: number;
  send(command: Command, stream: unknown, node: unknown): Promise<unknown>;
  /** Why these commands may not be sent together. */
  inspect(commands: readonly Command[], stream: unknown): Error | undefined;
  /**
   * What is done with a pipeline whose commands may be sent, where it is not executed here and now.
   *
   * @param entry The function that the user called: stacks begin above it.
   */
  execute?(exec: Exec, given: unknown[], entry: Entry): unknown;
  /** Why the client cannot be ended, replaced or multiplied through the handle. */
  lifecycleRefusal(name: string): Error;
  /** For the console and for JSON. */
  shown(): object;
  /** The handle listens to this event of the client now. */
  forward(event: string | symbol, listener: (...args: unknown[]) => void): void;
}

export const OWNER = Symbol('with-redis.owner');

export interface Handle extends Client {
  readonly [OWNER]: HandleOwner;
}

const method = (value: unknown): PropertyDescriptor => ({
  value,
  writable: true,
  configurable: true,
});

/** What a handle does differently from the client that it stands for. */
export const OVERRIDES: PropertyDescriptorMap = {
  stream: {
    get(this: Handle) {
      return this[OWNER].client?.stream;
    },
  },
  exec: method(function (this: Handle, ...args: unknown[]) {
    const { exec } = this[OWNER].origin as unknown as { exec: Maker };
    return tolerated(exec.apply(this, args));
  }),
  createScanStream: method(function (this: Handle, ...args: unknown[]) {
    const { createScanStream } = this[OWNER].origin as unknown as { createScanStream: Maker };
    // As with commands: an error that nobody looks at, because the scope is over, must not end the process.
    return (createScanStream.apply(this, args) as EventEmitter).on('error', noop);
  }),
  toJSON: method(describe),
  [inspect.custom]: method(describe),
};

for (const name of ['pipeline', 'multi'] as const) {
  OVERRIDES[name] = method(function (this: Handle, ...args: unknown[]) {
    return guarded(this, name, args);
  });
}

for (const name of ['quit', 'connect', 'monitor']) {
  OVERRIDES[name] = method(function (this: Handle, callback?: unknown) {
    return rejected(this[OWNER].lifecycleRefusal(name), callback);
  });
}

for (const name of ['disconnect', 'end', 'duplicate']) {
  OVERRIDES[name] = method(function (this: Handle): never {
    throw this[OWNER].lifecycleRefusal(name);
  });
}

for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const) {
  OVERRIDES[name] = method(function (
    this: Handle,
    event: string | symbol,
    listener: (...args: unknown[]) => void,
  ) {
    listen(this, event);
    return EventEmitter.prototype[name].call(this, event, listener);
  });
}

/**
 * A pipeline or transaction whose `exec` rejects where its commands may not be sent: ioredis's own would resolve to a
 * list of errors, or wait for ever for a command that is not written.
 */
function guarded(handle: Handle, name: 'pipeline' | 'multi', args: unknown[]): unknown {
  const owner = handle[OWNER];
  const make = owner.origin[name] as unknown as Maker;
  const pipeline = make.apply(handle, args) as Pipeline;
  const exec = pipeline?.exec;
  if (typeof exec !== 'function') return pipeline;
  const entry: Exec = (...given) => {
    // Inside a pipeline it ends a transaction, and is one more of its commands.
    if (name === 'pipeline' && (pipeline._transactions ?? 0) > 0) return exec.apply(pipeline, given);
    const refusal = owner.inspect(pipeline._queue ?? [], pipeline);
    if (refusal) return rejected(refusal, given[0]);
    const run: Exec = (...args) => exec.apply(pipeline, args);
    return tolerated(owner.execute ? owner.execute(run, given, entry) : run(...given));
  };
  pipeline.exec = entry;
  return pipeline;
}

/** What ioredis derives from the promises of commands is as much ours as those. */
function tolerated<T>(result: T): T {
  if (result instanceof Promise) result.catch(noop);
  return result;
}

type Maker = (this: Handle, ...args: unknown[]) => unknown;

/** What ioredis 5, 6 and iovalkey call a pipeline, as far as we look into one. */
interface Pipeline {
  exec(...args: unknown[]): unknown;
  readonly _queue?: readonly Command[];
  /** How many of its transactions are open. */
  readonly _transactions?: number;
}

/** Events reach the handle for as long as it lives, and none of the client's own listeners can be seen or removed. */
function listen(handle: Handle, event: string | symbol): void {
  const { emit, listenerCount } = EventEmitter.prototype;
  // In the context of who listens, and not of who had the connection dialled.
  const listener = outsideOfScopes(() => new AsyncResource('WITH_REDIS_LISTENER'));
  const tell = (...args: unknown[]) => {
    try {
      emit.call(handle, event, ...args);
    } catch (error) {
      // The listener's own failure, as with every emitter; ioredis's parser has no part in it.
      process.nextTick(() => {
        throw error;
      });
    }
  };
  handle[OWNER].forward(event, (...args) => {
    // An `error` event without a listener would throw.
    if (listenerCount.call(handle, event) === 0) return;
    outsideOfParser(() => listener.runInAsyncScope(tell, undefined, ...args));
  });
}

/** Not what it is made of, credentials included. */
function describe(this: Handle): object {
  return this[OWNER].shown();
}
