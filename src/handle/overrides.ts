import { EventEmitter } from 'node:events';
import type { Client, Command } from '../connection/client.js';
import { LeaseReleasedError, StatefulCommandError } from '../core/errors.js';
import { noop } from '../core/outcome.js';

/** What a handle reports to, and asks whether it may. */
export interface Dispatcher {
  /** The client behind the handle; undefined once the scope has ended. */
  readonly client: Client | undefined;
  /** The same, also afterwards: what it knows may be read, and nothing sent. */
  readonly origin: Client;
  readonly label: string | undefined;
  send(command: Command, stream: unknown, node: unknown): Promise<unknown>;
  /** Why these commands may not be sent together. */
  inspect(commands: readonly Command[], stream: unknown): Error | undefined;
  /** The handle listens to this event of the client now. */
  forward(event: string | symbol, listener: (...args: unknown[]) => void): void;
}

export const DISPATCHER = Symbol('with-redis.dispatcher');

export interface Handle extends Client {
  readonly [DISPATCHER]: Dispatcher;
}

const method = (value: unknown): PropertyDescriptor => ({
  value,
  writable: true,
  configurable: true,
});

/** What a handle does differently from the client that it stands for. */
export const GATE: PropertyDescriptorMap = {
  sendCommand: method(function (this: Handle, command: Command, stream: unknown, node: unknown) {
    return this[DISPATCHER].send(command, stream, node);
  }),
  stream: {
    get(this: Handle) {
      return this[DISPATCHER].client?.stream;
    },
  },
  pipeline: method(function (this: Handle, ...args: unknown[]) {
    return guarded(this, 'pipeline', args);
  }),
  multi: method(function (this: Handle, ...args: unknown[]) {
    return guarded(this, 'multi', args);
  }),
  createScanStream: method(function (this: Handle, ...args: unknown[]) {
    const { createScanStream } = this[DISPATCHER].origin as unknown as { createScanStream: Maker };
    // As with commands: an error that nobody looks at, because the scope is over, must not end the process.
    return (createScanStream.apply(this, args) as EventEmitter).on('error', noop);
  }),
  quit: method(refuseLater('quit')),
  connect: method(refuseLater('connect')),
  monitor: method(refuseLater('monitor')),
  disconnect: method(refuseNow('disconnect')),
  end: method(refuseNow('end')),
  duplicate: method(refuseNow('duplicate')),
};

for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const) {
  GATE[name] = method(function (
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
  const dispatcher = handle[DISPATCHER];
  const make = dispatcher.origin[name] as unknown as Maker;
  const pipeline = make.apply(handle, args) as Pipeline;
  const exec = pipeline?.exec;
  if (typeof exec !== 'function') return pipeline;
  pipeline.exec = (callback?: unknown) => {
    const refusal = dispatcher.inspect(pipeline._queue ?? [], pipeline);
    return refusal ? rejected(refusal, callback) : exec.call(pipeline, callback);
  };
  return pipeline;
}

type Maker = (this: Handle, ...args: unknown[]) => unknown;

/** What ioredis 5, 6 and iovalkey call a pipeline, as far as we look into one. */
interface Pipeline {
  exec(callback?: unknown): Promise<unknown>;
  readonly _queue?: readonly Command[];
}

/** Events reach the handle for as long as it lives, and none of the client's own listeners can be seen or removed. */
function listen(handle: Handle, event: string | symbol): void {
  const dispatcher = handle[DISPATCHER];
  if (!dispatcher.client) throw new LeaseReleasedError('on', { label: dispatcher.label });
  const { emit, listenerCount } = EventEmitter.prototype;
  dispatcher.forward(event, (...args) => {
    // An `error` event without a listener would throw.
    if (listenerCount.call(handle, event) > 0) emit.call(handle, event, ...args);
  });
}

function refusal(handle: Handle, name: string): LeaseReleasedError | StatefulCommandError {
  const { client, label } = handle[DISPATCHER];
  if (!client) return new LeaseReleasedError(name, { label });
  return lifecycleError(name, label);
}

/** For what a borrower may not do to a connection that is lent. */
export function lifecycleError(name: string, label: string | undefined): StatefulCommandError {
  return new StatefulCommandError(
    name,
    'cannot be used inside a scope: the connection is lent, and released when the function returns',
    { label },
  );
}

function refuseNow(name: string) {
  return function (this: Handle): never {
    throw refusal(this, name);
  };
}

function refuseLater(name: string) {
  return function (this: Handle, callback?: unknown): Promise<never> {
    return rejected(refusal(this, name), callback);
  };
}

/** Settles as ioredis would, by promise and callback; a promise nobody looks at harms nobody. */
export function rejected(error: unknown, callback?: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(noop);
  if (typeof callback === 'function') process.nextTick(callback, error);
  return promise;
}
