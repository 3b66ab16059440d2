import { Writes } from '../connection/writes.js';
import type { Call, CallPhase, StopKind } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import type { ClosedError, CommandReport } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import type { RetryPolicy } from '../core/retry.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { LeaseHolder } from '../lease/context.js';
import { giveBackUnused } from '../lease/unused.js';
import { endLease, followWait } from '../observe/channels.js';
import { watchForLeaks } from '../observe/leak-watch.js';
import type { Backend } from '../server/backend.js';
import type { Means } from './means.js';
import { refusalIn } from './replies.js';
import { RunningScope, type Scope } from './scope.js';

export type ScopeBody<T> = (redis: ScopedRedis, scope: Scope) => T;

/** What is done with a connection. */
export type Body<T> = (lease: Borrower, scope: Scope) => T;

/** A call that was let in. */
export interface Begun<T> {
  readonly call: Call;
  readonly backend: Backend;
  readonly means: Means;
  readonly retry: RetryPolicy;
  readonly random: () => number;
  readonly now: number;
  readonly body: Body<T>;
}

/**
 * One connection, one run of the function, one release. Settles when that has, or when the call is stopped, whichever is
 * first, and after the connection has been released. A call that waits is no more than its place in the queue.
 *
 * @param repeats The call may go on after it, so it is left open, and is told whether it can be repeated.
 */
export function attempt<T>(begun: Begun<T>, now: number, repeats: boolean): Promise<Awaited<T>> {
  const { backend, call } = begun;
  const wait = followWait(backend, call, now);
  const refuse = (error: unknown) => {
    wait?.failed(error);
    if (!repeats) call.end();
    throw error;
  };
  const use = (lease: Borrower) => {
    wait?.granted();
    if (!call.stopped) return new Attempt(begun, lease, repeats).run();
    if (!repeats) call.end();
    return giveBackUnused(lease, call.stopped);
  };
  const borrowed = backend.borrow(call, now);
  return borrowed instanceof Promise ? borrowed.then(use, refuse) : use(borrowed);
}

class Attempt<T> implements CallPhase, LeaseHolder {
  readonly name = 'run';
  readonly #begun: Begun<T>;
  readonly #lease: Borrower;
  readonly #repeats: boolean;
  readonly #scope: RunningScope;
  #resolve!: (value: Awaited<T>) => void;
  #reject!: (error: unknown) => void;

  constructor(begun: Begun<T>, lease: Borrower, repeats: boolean) {
    this.#begun = begun;
    this.#lease = lease;
    this.#repeats = repeats;
    this.#scope = new RunningScope(begun.call, begun.call.attempt);
  }

  run(): Promise<Awaited<T>> {
    const { backend, call, body } = this.#begun;
    const lease = this.#lease;
    call.phase = this;
    lease.holder = this;
    if (backend.leakThresholdMs < UNLIMITED) watchForLeaks(backend, call, lease);
    if (this.#repeats) lease.writes = new Writes();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      let result: Promise<Awaited<T>>;
      // A synchronous throw is a rejection; any thenable is awaited.
      try {
        const isFollowed = backend.nesting !== undefined || call.around !== undefined;
        result = Promise.resolve(isFollowed ? this.#runFollowed() : body(lease, this.#scope));
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
    const { backend, call } = this.#begun;
    call.phase = undefined;
    const gone = endLease(backend, call, this.#lease, kind);
    RunningScope.end(this.#scope, error);
    Promise.resolve(gone).then(() => this.#done({ ok: false, error }));
  }

  report(): readonly CommandReport[] {
    return this.#lease.report();
  }

  lost(): void {
    RunningScope.end(this.#scope, new Error('the connection of this scope was lost'));
  }

  force(error: ClosedError): void {
    this.#begun.call.stop(error, 'closed');
  }

  /** Where somebody wants to know what is called inside the scope, or calls the function in a context of theirs. */
  #runFollowed(): T {
    const { backend, call, body } = this.#begun;
    const { nesting } = backend;
    const run = () => body(this.#lease, this.#scope);
    const inside = nesting ? () => nesting.run(call, this.#lease, run) : run;
    return call.around ? call.around(inside) : inside();
  }

  #settle(outcome: Outcome<Awaited<T>>): void {
    const { backend, call } = this.#begun;
    if (call.stopped) return;
    call.phase = undefined;
    if (!outcome.ok) this.#lease.explain(outcome.error);
    const released = endLease(backend, call, this.#lease);
    if (released) released.then(() => this.#done(outcome));
    else this.#done(outcome);
  }

  #done(outcome: Outcome<Awaited<T>>): void {
    const { call } = this.#begun;
    if (this.#repeats)
      call.repeatable = this.#lease.repeatable(outcome.ok ? refusalIn(outcome.value) : outcome.error);
    else call.end();
    if (outcome.ok) this.#resolve(outcome.value);
    else this.#reject(outcome.error);
  }
}
