import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { Server } from '../connection/address.js';
import type { Call, Isolation } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import type { Dial } from '../pool/opener.js';
import type { CallContext } from './context.js';
import { notify, type ReleaseEvent } from './events.js';

/**
 * What a message on the tracing channels `with-redis:scope`, `with-redis:acquire`, `with-redis:release` and
 * `with-redis:connect` carries: one object from `start` to `asyncEnd`, filled in as the operation goes on.
 */
export interface TraceMessage extends Partial<Omit<ReleaseEvent, 'label'>> {
  /** Of the instance. */
  readonly name: string;
  readonly label?: string | undefined;
  readonly isolation?: Isolation | undefined;
  /** Which call of the function this belongs to, from 1; of a scope, the last one. */
  attempt?: number;
  /** Where the connections go, if that is known beforehand: not with a factory, nor with sentinels. */
  server?: Server | undefined;
  /** How long the wait took, once it is over; only of an acquire. */
  waitMs?: number;
  /** How long the dial and the handshake took; only of a connection that was opened. */
  connectMs?: number;
  /** What the function returned; only of a scope. */
  result?: unknown;
  /** There if the operation failed, whatever was thrown. */
  error?: unknown;
  /** A subscriber may set it at the `start` of a scope: each attempt of the function is then called through it. */
  run?: <T>(fn: () => T) => T;
}

type Tracing = TracingChannel<unknown, TraceMessage>;

const open = (name: string) => tracingChannel<unknown, TraceMessage>(`with-redis:${name}`);

export const scopes: Tracing = open('scope');
const acquires: Tracing = open('acquire');
const releases: Tracing = open('release');
const connects: Tracing = open('connect');

/** Whether anybody listens; `TracingChannel.hasSubscribers` came with Node 20.13. */
export function isTraced({ start, end, asyncStart, asyncEnd, error }: Tracing): boolean {
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers
  );
}

/** An operation with no function of the caller's in it, from its start until it is settled. */
export class Trace {
  readonly #tracing: Tracing;
  readonly message: TraceMessage;

  constructor(tracing: Tracing, message: TraceMessage) {
    this.#tracing = tracing;
    this.message = message;
    tracing.start.publish(message);
    tracing.end.publish(message);
  }

  doneAfter(gone: Promise<void> | undefined, how: () => Partial<TraceMessage>): void {
    Object.assign(this.message, how());
    if (gone) gone.then(() => this.done());
    else this.done();
  }

  done(): void {
    this.#tracing.asyncStart.publish(this.message);
    this.#tracing.asyncEnd.publish(this.message);
  }

  fail(error: unknown): void {
    this.message.error = error;
    this.#tracing.error.publish(this.message);
    this.done();
  }
}

/** Follows a wait from before it begins, where somebody listens. */
export function followWait(context: CallContext, call: Call, now: number): Wait | undefined {
  if (!context.observer && !isTraced(acquires)) return undefined;
  return new Wait(context, call, now);
}

class Wait extends Trace {
  readonly #context: CallContext;
  readonly #since: number;
  #over = false;

  constructor(context: CallContext, call: Call, now: number) {
    super(acquires, describe(context, call));
    this.#context = context;
    this.#since = now;
  }

  granted(): void {
    const waitMs = this.#end();
    this.done();
    const { label } = this.message;
    notify(this.#context.observer, 'onAcquire', () => ({ label, waitMs }));
  }

  /** Also told of what goes wrong later. */
  failed(error: unknown): void {
    if (this.#over) return;
    this.#end();
    this.fail(error);
  }

  #end(): number {
    this.#over = true;
    const waitMs = this.#context.clock.now() - this.#since;
    this.message.waitMs = waitMs;
    return waitMs;
  }
}

/** Follows the end of a lease from before it begins, where somebody listens and it was granted to somebody. */
export function followEnd(holder: { message?(): TraceMessage } | undefined): Trace | undefined {
  const message = isTraced(releases) ? holder?.message?.() : undefined;
  return message && new Trace(releases, message);
}

/** Follows the opening of a connection, where somebody listens. */
export function traceDial<T>(dial: Dial<T>, message: TraceMessage, clock: Clock): Dial<T> {
  if (!isTraced(connects)) return dial;
  const trace = new Trace(connects, message);
  const startedAt = clock.now();
  dial.promise.then(
    () => {
      message.connectMs = clock.now() - startedAt;
      trace.done();
    },
    (error: unknown) => trace.fail(error),
  );
  return dial;
}

/** What is told of whatever is done for a call. */
export function describe({ name, server }: CallContext, { label, isolation, attempt }: Call): TraceMessage {
  return { name, server, label, isolation, attempt };
}
