import { Writes } from '../connection/writes.js';
import type { Call, CallPhase, StopKind } from '../core/call.js';
import type { ClosedError, CommandReport } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import { createHandle } from '../handle/handle.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { LeaseHolder } from '../lease/context.js';
import { giveBackUnused } from '../lease/unused.js';
import { endLease, followWait } from '../observe/channels.js';
import { watchForLeaks } from '../observe/leak-watch.js';
import type { Backend } from '../server/backend.js';
import { refusalIn } from './replies.js';
import { RunningScope, type Scope } from './scope.js';

export type ScopeBody<T, R = ScopedRedis> = (redis: R, scope: Scope) => T;

/** What the function is given of its lease: a handle, or whatever else it can send with. */
export type Lend<R> = (lease: Borrower) => R;

export const lendHandle: Lend<ScopedRedis> = (lease) => createHandle(lease, lease.connection);
export const lendItself: Lend<Borrower> = (lease) => lease;

/**
 * One connection, one run of `fn`, one release. Settles when `fn` has, or when the call is stopped, whichever is first,
 * and after the connection has been released. A call that waits is no more than its place in the queue.
 *
 * @param repeats The call may go on after it, so it is left open, and is told whether it can be repeated.
 */
export function attempt<T, R>(
  backend: Backend,
  call: Call,
  fn: ScopeBody<T, R>,
  lend: Lend<R>,
  now: number,
  repeats: boolean,
): Promise<Awaited<T>> {
  const wait = followWait(backend, call, now);
  const refuse = (error: unknown) => {
    wait?.failed(error);
    if (!repeats) call.end();
    throw error;
  };
  const use = (lease: Borrower) => {
    wait?.granted();
    if (!call.stopped) return new Attempt(backend, call, fn, lend, lease, repeats).run();
    if (!repeats) call.end();
    return giveBackUnused(lease, call.stopped);
  };
  const borrowed = backend.borrow(call, now);
  return borrowed instanceof Promise ? borrowed.then(use, refuse) : use(borrowed);
}

class Attempt<T, R> implements CallPhase, LeaseHolder {
  readonly name = 'run';
  readonly #backend: Backend;
  readonly #call: Call;
  readonly #fn: ScopeBody<T, R>;
  readonly #lend: Lend<R>;
  readonly #lease: Borrower;
  readonly #repeats: boolean;
  readonly #scope: RunningScope;
  #resolve!: (value: Awaited<T>) => void;
  #reject!: (error: unknown) => void;

  constructor(
    backend: Backend,
    call: Call,
    fn: ScopeBody<T, R>,
    lend: Lend<R>,
    lease: Borrower,
    repeats: boolean,
  ) {
    this.#backend = backend;
    this.#call = call;
    this.#fn = fn;
    this.#lend = lend;
    this.#lease = lease;
    this.#repeats = repeats;
    this.#scope = new RunningScope(call, call.attempt);
  }

  run(): Promise<Awaited<T>> {
    const call = this.#call;
    const lease = this.#lease;
    call.phase = this;
    lease.holder = this;
    if (this.#backend.leakThresholdMs < Number.POSITIVE_INFINITY) watchForLeaks(this.#backend, call, lease);
    if (this.#repeats) lease.writes = new Writes();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      let result: Promise<Awaited<T>>;
      // A synchronous throw is a rejection; any thenable is awaited.
      try {
        const isFollowed = this.#backend.nesting !== undefined || call.around !== undefined;
        const redis = this.#lend(lease);
        result = Promise.resolve(isFollowed ? this.#runFollowed(redis) : this.#fn(redis, this.#scope));
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
    this.#call.phase = undefined;
    const gone = endLease(this.#backend, this.#call, this.#lease, kind);
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
    this.#call.stop(error, 'closed');
  }

  /** Where somebody wants to know what is called inside the scope, or calls the function in a context of theirs. */
  #runFollowed(redis: R): T {
    const { nesting } = this.#backend;
    const call = this.#call;
    const run = () => this.#fn(redis, this.#scope);
    const inside = nesting ? () => nesting.run(call, this.#lease, run) : run;
    return call.around ? call.around(inside) : inside();
  }

  #settle(outcome: Outcome<Awaited<T>>): void {
    if (this.#call.stopped) return;
    this.#call.phase = undefined;
    if (!outcome.ok) this.#lease.explain(outcome.error);
    const released = endLease(this.#backend, this.#call, this.#lease);
    if (released) released.then(() => this.#done(outcome));
    else this.#done(outcome);
  }

  #done(outcome: Outcome<Awaited<T>>): void {
    if (!this.#repeats) this.#call.end();
    else this.#judge(outcome.ok ? refusalIn(outcome.value) : outcome.error);
    if (outcome.ok) this.#resolve(outcome.value);
    else this.#reject(outcome.error);
  }

  #judge(error: unknown): void {
    this.#call.repeatable = this.#lease.repeatable(error);
  }
}
