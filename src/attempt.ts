import { borrow } from './borrow.js';
import type { Borrower } from './borrower.js';
import type { Call, CallPhase, StopKind } from './core/call.js';
import { ClosedError, type CommandReport, ConfigurationError, ConnectError } from './core/errors.js';
import type { LoanHolder } from './core/loan.js';
import type { Outcome } from './core/outcome.js';
import type { Attempted } from './core/retry.js';
import type { Engine } from './engine.js';

import { RunningScope, type Scope } from './scope.js';
import type { ScopedRedis } from './scoped-client.js';
import { Writes } from './writes.js';

export type ScopeBody<T> = (redis: ScopedRedis, scope: Scope) => T;

type Done<T> = (attempted: Attempted<Awaited<T>>) => void;

/**
 * One connection, one run of `fn`, one release. Ends when `fn` settles or the call is stopped, whichever is first, and
 * says so once, after the connection has been released.
 */
export class Attempt<T> implements CallPhase, LoanHolder {
  readonly name = 'run';
  readonly #engine: Engine;
  readonly #call: Call;
  readonly #number: number;
  readonly #fn: ScopeBody<T>;
  readonly #done: Done<T>;
  readonly #repeats: boolean;
  #lease!: Borrower;
  #scope!: RunningScope;

  constructor(engine: Engine, call: Call, number: number, fn: ScopeBody<T>, done: Done<T>, repeats = false) {
    this.#engine = engine;
    this.#call = call;
    this.#number = number;
    this.#fn = fn;
    this.#done = done;
    this.#repeats = repeats;
  }

  start(now: number): void {
    borrow(this.#engine, this.#call, this.#call.isolation, now, {
      use: (lease) => this.#run(lease),
      fail: (error) => this.#done({ outcome: { ok: false, error }, safe: true, hopeless: isHopeless(error) }),
    });
  }

  /** The call is aborted or late: the connection is closed first, for a command may still run on it. */
  stop(error: unknown, kind: StopKind): void {
    this.#call.phase = undefined;
    const gone = this.#lease.destroy(kind);
    RunningScope.end(this.#scope, error);
    gone.then(() => this.#finish({ ok: false, error }));
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

  #run(lease: Borrower): void {
    const call = this.#call;
    this.#lease = lease;
    this.#scope = new RunningScope(call, this.#number);
    call.phase = this;
    lease.holder = this;
    if (this.#repeats) lease.writes = new Writes();
    this.#invoke().then(
      (value) => this.#settle({ ok: true, value }),
      (error: unknown) => this.#settle({ ok: false, error }),
    );
  }

  /** A synchronous throw is a rejection; any thenable is awaited. */
  #invoke(): Promise<Awaited<T>> {
    try {
      return Promise.resolve(this.#fn(this.#lease.redis, this.#scope));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settle(outcome: Outcome<Awaited<T>>): void {
    if (this.#call.stopped) return;
    this.#call.phase = undefined;
    const released = this.#lease.release();
    if (released) released.then(() => this.#finish(outcome));
    else this.#finish(outcome);
  }

  #finish(outcome: Outcome<Awaited<T>>): void {
    if (outcome.ok) {
      this.#done({ outcome, safe: false, hopeless: false });
      return;
    }
    const { error } = outcome;
    this.#lease.explain(error);
    this.#done({ outcome, safe: this.#lease.repeatable(error), hopeless: isHopeless(error) });
  }
}

/** Trying again would end the same way. */
function isHopeless(error: unknown): boolean {
  if (error instanceof ConnectError) return error.permanent;
  return error instanceof ConfigurationError || error instanceof ClosedError;
}
