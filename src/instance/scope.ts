import { AsyncResource } from 'node:async_hooks';
import type { Call } from '../core/call.js';

/** What a function learns of the scope it runs in. Frozen. */
export interface Scope {
  /** Which call of the function this is, from 1. */
  readonly attempt: number;
  /** Aborts when the scope must end: the caller's signal, the deadline, a lost connection, a forced close. */
  readonly signal: AbortSignal;
  /** As the call gave it. */
  readonly label: string | undefined;
  /** When the call has to be over, in ms since 1970 as `Date.now()` counts them; `Infinity` without a deadline. */
  readonly deadlineAt: number;
}

export class RunningScope implements Scope {
  readonly #call: Call;
  readonly #attempt: number;
  #controller: AbortController | undefined;
  /** Where its signal is listened to: nobody else's context is any matter of that. */
  #listener: AsyncResource | undefined;
  #ended: { readonly reason: unknown } | undefined;

  constructor(call: Call, attempt: number) {
    this.#call = call;
    this.#attempt = attempt;
    Object.freeze(this);
  }

  static end(scope: RunningScope, reason: unknown): void {
    scope.#ended ??= { reason };
    scope.#listener?.runInAsyncScope(() => scope.#controller?.abort(reason));
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
      this.#listener = new AsyncResource('WITH_REDIS_SIGNAL');
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }
}
