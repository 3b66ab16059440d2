import { type Call, RUNNING, type StopKind } from './core/call.js';
import type { Outcome } from './core/outcome.js';
import type { ActiveLease } from './lease.js';
import type { ScopedRedis } from './scoped-client.js';

/** What a function learns of the scope it runs in. Frozen. */
export interface Scope {
  /** Which call of the function this is, from 1. */
  readonly attempt: number;
  /** Aborts when the scope must end: the caller's signal, the deadline, a lost connection, a forced close. */
  readonly signal: AbortSignal;
  readonly label: string | undefined;
  /** Epoch ms; `Infinity` without a deadline. */
  readonly deadlineAt: number;
}

type ScopeFunction<T> = (redis: ScopedRedis, scope: Scope) => T;

/**
 * Runs `fn` with a lease until it settles or the call is stopped, whichever is first. Calls `done` after the lease has
 * ended, once.
 */
export function runScope<T>(
  call: Call,
  lease: ActiveLease,
  attempt: number,
  fn: ScopeFunction<T>,
  done: (outcome: Outcome<Awaited<T>>) => void,
): void {
  const scope = new RunningScope(call, attempt);
  const settle = (outcome: Outcome<Awaited<T>>) => {
    if (call.stopped) return;
    leavePhase(call);
    const released = lease.release();
    if (released) released.then(() => done(outcome));
    else done(outcome);
  };
  call.phase = RUNNING;
  call.commands = () => lease.report();
  call.onStop = (error, kind) => {
    leavePhase(call);
    const gone = lease.destroy(kind);
    RunningScope.end(scope, error);
    gone.then(() => done({ ok: false, error }));
  };
  lease.onLost = () => RunningScope.end(scope, new Error('the connection of this scope was lost'));
  lease.onForce = (error) => call.stop(error, 'closed' satisfies StopKind);
  invoke(fn, lease.redis, scope).then(
    (value) => settle({ ok: true, value }),
    (error: unknown) => settle({ ok: false, error }),
  );
}

function leavePhase(call: Call): void {
  call.onStop = undefined;
  call.commands = undefined;
}

/** A synchronous throw is a rejection; any thenable is awaited. */
function invoke<T>(fn: ScopeFunction<T>, redis: ScopedRedis, scope: Scope): Promise<Awaited<T>> {
  try {
    return Promise.resolve(fn(redis, scope));
  } catch (error) {
    return Promise.reject(error);
  }
}

class RunningScope implements Scope {
  readonly #call: Call;
  readonly #attempt: number;
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  constructor(call: Call, attempt: number) {
    this.#call = call;
    this.#attempt = attempt;
    Object.freeze(this);
  }

  static end(scope: RunningScope, reason: unknown): void {
    scope.#ended ??= { reason };
    scope.#controller?.abort(reason);
  }

  get attempt(): number {
    return this.#attempt;
  }

  get label(): string | undefined {
    return this.#call.label;
  }

  get deadlineAt(): number {
    return this.#call.deadlineAt;
  }

  /** Made only if somebody asks for it. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }
}
