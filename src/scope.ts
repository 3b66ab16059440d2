import type { Call, StopKind } from './core/call.js';
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
 * Runs `fn` with a lease until it settles or the call is stopped, whichever is first. Resolves after the lease has
 * ended, and never rejects.
 */
export function runScope<T>(
  call: Call,
  lease: ActiveLease,
  attempt: number,
  fn: ScopeFunction<T>,
): Promise<Outcome<Awaited<T>>> {
  const ending = new ScopeEnding();
  return new Promise((resolve) => {
    const settle = (outcome: Outcome<Awaited<T>>) => {
      if (call.stopped) return;
      leavePhase(call);
      const released = lease.release();
      if (released) released.then(() => resolve(outcome));
      else resolve(outcome);
    };
    call.phase = 'run';
    call.commands = () => lease.session.report();
    call.onStop = (error, kind) => {
      leavePhase(call);
      const gone = lease.destroy(kind);
      ending.abort(error);
      gone.then(() => resolve({ ok: false, error }));
    };
    lease.onLost = () => ending.abort(new Error('the connection of this scope was lost'));
    lease.onForce = (error) => call.stop(error, 'closed' satisfies StopKind);
    invoke(fn, lease.redis, createScope(call, attempt, ending)).then(
      (value) => settle({ ok: true, value }),
      (error: unknown) => settle({ ok: false, error }),
    );
  });
}

function leavePhase(call: Call): void {
  call.onStop = undefined;
  call.commands = undefined;
}

/** A synchronous throw is a rejection; any thenable is awaited. */
async function invoke<T>(fn: ScopeFunction<T>, redis: ScopedRedis, scope: Scope): Promise<Awaited<T>> {
  return await fn(redis, scope);
}

function createScope({ label, deadlineAt }: Call, attempt: number, ending: ScopeEnding): Scope {
  return Object.freeze({
    attempt,
    label,
    deadlineAt,
    get signal() {
      return ending.signal;
    },
  });
}

/** The signal of one attempt, made only if somebody asks for it. */
class ScopeEnding {
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#ended ??= { reason };
    this.#controller?.abort(reason);
  }
}
