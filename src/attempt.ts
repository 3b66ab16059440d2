import type { Backend } from './backend.js';
import type { Uses } from './borrow.js';
import type { Borrower } from './borrower.js';
import { endLease } from './channels.js';
import type { Call, CallPhase, StopKind } from './core/call.js';
import {
  ClosedError,
  type CommandReport,
  ConfigurationError,
  ConnectError,
  NestedScopeError,
} from './core/errors.js';
import type { LoanHolder } from './core/loan.js';
import type { Outcome } from './core/outcome.js';
import type { Attempted } from './core/retry.js';
import { watchForLeaks } from './leak-watch.js';
import { RunningScope, type Scope } from './scope.js';
import type { ScopedRedis } from './scoped-redis.js';
import { Writes } from './writes.js';

export type ScopeBody<T> = (redis: ScopedRedis, scope: Scope) => T;

type Done<T> = (outcome: Outcome<Awaited<T>>) => void;

/**
 * One connection, one run of `fn`, one release. Ends when `fn` settles or the call is stopped, whichever is first, and
 * says so once, after the connection has been released.
 */
export class Attempt<T> implements CallPhase, LoanHolder, Uses {
  readonly name = 'run';
  readonly #backend: Backend;
  readonly #call: Call;
  readonly #number: number;
  readonly #fn: ScopeBody<T>;
  readonly #done: Done<T>;
  readonly #repeats: boolean;
  #lease: Borrower | undefined;
  #scope!: RunningScope;

  constructor(
    backend: Backend,
    call: Call,
    number: number,
    fn: ScopeBody<T>,
    done: Done<T>,
    repeats = false,
  ) {
    this.#backend = backend;
    this.#call = call;
    this.#number = number;
    this.#fn = fn;
    this.#done = done;
    this.#repeats = repeats;
  }

  start(now: number): void {
    this.#call.attempt = this.#number;
    this.#backend.borrow(this.#call, now, this);
  }

  /** The call is aborted or late: the connection is closed first, for a command may still run on it. */
  stop(error: unknown, kind: StopKind): void {
    this.#call.phase = undefined;
    const gone = endLease(this.#backend, this.#call, this.#lease as Borrower, kind);
    RunningScope.end(this.#scope, error);
    Promise.resolve(gone).then(() => this.#done({ ok: false, error }));
  }

  report(): readonly CommandReport[] {
    return this.#lease?.report() ?? [];
  }

  lost(): void {
    RunningScope.end(this.#scope, new Error('the connection of this scope was lost'));
  }

  force(error: ClosedError): void {
    this.#call.stop(error, 'closed');
  }

  /** Called with what was borrowed. */
  use(lease: Borrower): void {
    const call = this.#call;
    this.#lease = lease;
    this.#scope = new RunningScope(call, this.#number);
    call.phase = this;
    lease.holder = this;
    watchForLeaks(this.#backend, call, lease);
    if (this.#repeats) lease.writes = new Writes();
    this.#invoke(lease).then(
      (value) => this.#settle(lease, { ok: true, value }),
      (error: unknown) => this.#settle(lease, { ok: false, error }),
    );
  }

  /** Called when nothing could be borrowed. */
  fail(error: unknown): void {
    this.#done({ ok: false, error });
  }

  /** Whether the outcome may be replaced by that of another attempt. */
  judge(outcome: Outcome<Awaited<T>>): Attempted<Awaited<T>> {
    if (outcome.ok) return { outcome, safe: false, hopeless: false };
    const { error } = outcome;
    return { outcome, safe: this.#lease?.repeatable(error) ?? true, hopeless: isHopeless(error) };
  }

  /** A synchronous throw is a rejection; any thenable is awaited. */
  #invoke(lease: Borrower): Promise<Awaited<T>> {
    const { nesting } = this.#backend;
    const around = this.#call.around;
    const redis = lease.redis as ScopedRedis;
    try {
      if (!nesting && !around) return Promise.resolve(this.#fn(redis, this.#scope));
      const run = () => this.#fn(redis, this.#scope);
      const inside = nesting ? () => nesting.run(this.#call, lease, run) : run;
      return Promise.resolve(around ? around(inside) : inside());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settle(lease: Borrower, outcome: Outcome<Awaited<T>>): void {
    if (this.#call.stopped) return;
    this.#call.phase = undefined;
    if (!outcome.ok) lease.explain(outcome.error);
    const released = endLease(this.#backend, this.#call, lease);
    if (released) released.then(() => this.#done(outcome));
    else this.#done(outcome);
  }
}

/** Trying again would end the same way. */
function isHopeless(error: unknown): boolean {
  if (error instanceof ConnectError) return error.permanent;
  return [ConfigurationError, ClosedError, NestedScopeError].some((hopeless) => error instanceof hopeless);
}
