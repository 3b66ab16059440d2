import type { Clock, Timer } from '../core/clock.js';
import type { SharedConnection } from './shared-connection.js';

/** How long an old connection may take to fall empty. */
const DRAIN_MS = 100;

/**
 * An old shared connection that has to fall empty, for no second one may be opened beside it. It has not for ever: who is on
 * it may wait for somebody who is kept waiting.
 */
export class Draining {
  readonly #clock: Clock;
  #shared: SharedConnection | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Others have to wait for it. */
  get on(): boolean {
    return this.#shared?.old === true;
  }

  /** @param late Called where it does not fall empty: those who are on it by then may stay, and others come. */
  begin(shared: SharedConnection, late: () => void): void {
    this.#shared = shared;
    this.#timer = this.#clock.after(DRAIN_MS, () => {
      this.end(shared);
      shared.youngUntil = this.#clock.now();
      late();
    });
  }

  /** It is in use no more. */
  end(shared: SharedConnection): void {
    if (shared !== this.#shared) return;
    this.#timer?.cancel();
    this.#shared = undefined;
  }
}
