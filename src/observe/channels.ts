import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { Server } from '../connection/address.js';
import type { Call, Isolation } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Dial } from '../pool/opener.js';
import type { CallContext } from './context.js';
import { type Disposal, notify, type ReleaseEvent } from './events.js';

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
  /** Where the connections go, if that is known beforehand: not with a factory, nor with sentinels, nor in a cluster. */
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
  #over = false;

  constructor(tracing: Tracing, message: TraceMessage) {
    this.#tracing = tracing;
    this.message = message;
    tracing.start.publish(message);
    tracing.end.publish(message);
  }

  doneAfter(gone: Promise<void> | undefined): void {
    if (gone) gone.then(() => this.done());
    else this.done();
  }

  /** Once: the first end is one. */
  done(): void {
    if (this.#over) return;
    this.#over = true;
    this.#tracing.asyncStart.publish(this.message);
    this.#tracing.asyncEnd.publish(this.message);
  }

  fail(error: unknown): void {
    if (this.#over) return;
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

export class Wait extends Trace {
  readonly #context: CallContext;
  readonly #since: number;

  constructor(context: CallContext, call: Call, now: number) {
    super(acquires, describe(context, call));
    this.#context = context;
    this.#since = now;
  }

  granted(): void {
    const waitMs = this.#context.clock.now() - this.#since;
    this.message.waitMs = waitMs;
    this.done();
    const { label } = this.message;
    notify(this.#context.observer, 'onAcquire', () => ({ label, waitMs }));
  }

  /** Also told of what goes wrong later. */
  override fail(error: unknown): void {
    this.message.waitMs ??= this.#context.clock.now() - this.#since;
    super.fail(error);
  }
}

/** Follows the end of a lease from before it begins, where somebody listens and it was granted to somebody. */
export function followEnd(holder: { readonly message?: TraceMessage } | undefined): Trace | undefined {
  const message = isTraced(releases) ? holder?.message : undefined;
  return message && new Trace(releases, message);
}

/** Whose end is told of. */
interface Ended {
  readonly label: string | undefined;
  readonly since: number;
  readonly trace: Trace | undefined;
}

/** Tells the observer and whoever follows it that a lease has ended, and how. */
export function tellOfEnd(
  lease: Ended,
  { observer, clock }: Pick<CallContext, 'observer' | 'clock'>,
  how: () => Disposal,
): void {
  const event = () => ({ label: lease.label, heldMs: clock.now() - lease.since, ...how() });
  notify(observer, 'onRelease', event);
  if (lease.trace) Object.assign(lease.trace.message, event());
}

/** Of one that used a connection together with others, whose it stays, unless it is lost by now. */
export function tellOfPart(
  lease: Ended & { readonly connection: { readonly flaw: DestroyReason | undefined } },
  context: Pick<CallContext, 'observer' | 'clock'>,
  reason: 'shared' | 'nested',
  inFlight: readonly string[],
): void {
  const { flaw } = lease.connection;
  const disposition = flaw ? 'destroyed' : 'reused';
  tellOfEnd(lease, context, () => ({ inFlight, disposition, reason: flaw ?? reason }));
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
