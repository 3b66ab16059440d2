import { getEventListeners } from 'node:events';
import type { Scope } from './program.js';

/** Of the calls without a signal of their own, so many have none. */
const SILENT = 3;

/** The signals that calls are made with: one of their own, or one that many have, as that of a service that stops. */
export class Signals {
  readonly #now: () => number;
  /** When each was aborted. */
  readonly #struckAt = new WeakMap<AbortSignal, number>();
  #common = new AbortController();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What the call with this number is to be aborted by, if by anything. */
  of(id: number, { abort }: Scope): AbortController | undefined {
    if (abort) return new AbortController();
    return id % SILENT ? undefined : this.#common;
  }

  strike(controller: AbortController, reason: unknown): void {
    if (controller.signal.aborted) return;
    this.#struckAt.set(controller.signal, this.#now());
    controller.abort(reason);
  }

  /** Everybody is told to stop who has no signal of his own; those who come later have another one. */
  hangUp(): void {
    const all = this.#common;
    this.#common = new AbortController();
    this.strike(all, { abort: 'of all' });
  }

  /** How long ago it was aborted, if it was. */
  agoMs(signal: AbortSignal | undefined): number {
    const at = signal && this.#struckAt.get(signal);
    return at === undefined ? Number.NEGATIVE_INFINITY : this.#now() - at;
  }

  /** Listeners that nobody needs, where nobody else has it. */
  leftOn(signal: AbortSignal): boolean {
    return signal !== this.#common.signal && getEventListeners(signal, 'abort').length > 0;
  }

  /** Nobody listens to what all may have: all is over. */
  get isFree(): boolean {
    return getEventListeners(this.#common.signal, 'abort').length === 0;
  }
}
