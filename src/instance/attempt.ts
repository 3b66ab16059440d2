import { Writes } from '../connection/writes.js';
import { Call, type CallPhase, type StopKind } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import type { ClosedErrorOf, CommandReport } from '../core/errors.js';
import { noop, type Outcome } from '../core/outcome.js';
import { createHandle } from '../handle/handle.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { LeaseHolder } from '../lease/context.js';
import { giveBackUnused } from '../lease/unused.js';
import { describe, followWait, type TraceMessage, type Wait } from '../observe/channels.js';
import { watchForLeaks } from '../observe/leak-watch.js';
import type { CallSettings } from '../options/call-settings.js';
import type { Backend } from '../server/backend.js';
import type { Means } from './means.js';
import { refusalIn } from './replies.js';
import type { LeaseBody, ScopeBody } from './request.js';
import { RunningScope, type Scope } from './scope.js';

/** A call that was let in. One object, for thousands of them may wait. */
export class ScopeCall<T> extends Call {
  declare readonly limits: CallSettings;

  constructor(
    limits: CallSettings,
    label: string | undefined,
    now: number,
    readonly backend: Backend,
    readonly means: Means,
    readonly fn: ScopeBody<T> | LeaseBody<T>,
    readonly bare: boolean | undefined,
  ) {
    super(limits, label, backend.deadlines, now);
  }

  /** Calls the function once. */
  use(lease: Borrower, scope: Scope): T {
    // Not as a method: what is called is foreign.
    const { fn } = this;
    return fn((this.bare ? lease : createHandle(lease, lease.connection)) as ScopedRedis & Borrower, scope);
  }
}

/**
 * One connection, one run of the function, one release. Settles when that has, or when the call is stopped, whichever is
 * first, and after the connection has been released. A call that waits is no more than its place in the queue.
 */
export function attempt<T>(call: ScopeCall<T>, now: number): Promise<Awaited<T>> {
  const { backend } = call;
  const wait = followWait(backend, call, now);
  const borrowed = backend.borrow(call, now);
  if (!(borrowed instanceof Promise)) return new Attempt(call, borrowed).run(wait);
  return borrowed.then(
    (lease) => new Attempt(call, lease).run(wait),
    (error: unknown) => {
      wait?.fail(error);
      if (call.repeatable === undefined) call.end();
      throw error;
    },
  );
}

/** The function is over; nothing cuts short what follows. */
const RELEASING: CallPhase = { name: 'run', stop: noop };

class Attempt<T> implements CallPhase, LeaseHolder {
  readonly name = 'run';
  readonly #call: ScopeCall<T>;
  readonly #lease: Borrower;
  readonly #scope: RunningScope;
  #resolve!: (value: Awaited<T>) => void;
  #reject!: (error: unknown) => void;

  constructor(call: ScopeCall<T>, lease: Borrower) {
    this.#call = call;
    this.#lease = lease;
    lease.holder = this;
    this.#scope = new RunningScope(call, call.attempt);
  }

  run(wait: Wait | undefined): Promise<Awaited<T>> {
    const call = this.#call;
    const { backend } = call;
    const lease = this.#lease;
    wait?.granted();
    if (call.stopped) {
      if (call.repeatable === undefined) call.end();
      return giveBackUnused(lease, call.stopped);
    }
    call.phase = this;
    if (backend.leakThresholdMs < UNLIMITED) watchForLeaks(backend, call, lease);
    if (call.repeatable) lease.writes = new Writes();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      let result: Promise<Awaited<T>>;
      // A synchronous throw is a rejection; any thenable is awaited.
      try {
        const isFollowed = backend.nesting !== undefined || call.around !== undefined;
        result = Promise.resolve(isFollowed ? this.#runFollowed() : call.use(lease, this.#scope));
      } catch (error) {
        result = Promise.reject(error);
      }
      result.then(
        (value) => this.#settle({ ok: true, value }),
        (error: unknown) => this.#settle({ ok: false, error }),
      );
    });
  }

  /** The call is aborted or late: the connection is closed first, for a command may still run on it. */
  stop(error: unknown, kind: StopKind): void {
    const call = this.#call;
    call.phase = undefined;
    const gone = this.#lease.destroy(kind);
    RunningScope.end(this.#scope, error);
    gone.then(() => this.#done({ ok: false, error }));
  }

  report(): readonly CommandReport[] {
    return this.#lease.report();
  }

  get message(): TraceMessage {
    return describe(this.#call.backend, this.#call);
  }

  lost(why = 'the connection of this scope was lost'): void {
    RunningScope.end(this.#scope, new Error(why));
  }

  force(error: ClosedErrorOf): void {
    const call = this.#call;
    call.stop(error(call), 'closed');
  }

  /** Where somebody wants to know what is called inside the scope, or calls the function in a context of theirs. */
  #runFollowed(): T {
    const call = this.#call;
    const { nesting } = call.backend;
    const run = () => call.use(this.#lease, this.#scope);
    const inside = nesting ? () => nesting.run(call, this.#lease, run) : run;
    return call.around ? call.around(inside) : inside();
  }

  #settle(outcome: Outcome<Awaited<T>>): void {
    const call = this.#call;
    if (call.stopped) return;
    call.phase = RELEASING;
    if (!outcome.ok) explain(outcome.error, this.#lease);
    const released = this.#lease.release();
    if (released) released.then(() => this.#done(outcome));
    else this.#done(outcome);
  }

  #done(outcome: Outcome<Awaited<T>>): void {
    const call = this.#call;
    if (call.repeatable !== undefined)
      call.repeatable = this.#lease.repeatable(outcome.ok ? refusalIn(outcome.value) : outcome.error);
    else call.end();
    if (outcome.ok) this.#resolve(outcome.value);
    else this.#reject(outcome.error);
  }
}

/** Hangs what is known of the lease's commands on an error of one that the connection was lost under; it stays the same error. */
function explain(error: unknown, lease: Borrower): void {
  if (!lease.lostWith(error) || 'commands' in error) return;
  Reflect.defineProperty(error, 'commands', { value: lease.report(), configurable: true, enumerable: true });
}
