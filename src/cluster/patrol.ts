import { type Clock, type Timer, UNLIMITED } from '../core/clock.js';

export interface PatrolContext {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** How long after the last use there may be connections that idle. */
  readonly lingerMs: number;
  /** Some connection is lent. */
  readonly isBusy: () => boolean;
  readonly ask: () => void;
}

/** Asks every so often while the cluster is used: what is idle is let go, and a new use begins the rounds anew. */
export class Patrol {
  readonly #context: PatrolContext;
  #usedAt = 0;
  #timer: Timer | undefined;
  #over = false;

  constructor(context: PatrolContext) {
    this.#context = context;
  }

  used(): void {
    const { clock, intervalMs } = this.#context;
    if (intervalMs === UNLIMITED) return;
    this.#usedAt = clock.now();
    if (!this.#timer && !this.#over) this.#arm();
  }

  end(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    const { clock, intervalMs } = this.#context;
    this.#timer = clock.after(intervalMs, () => this.#ring());
    this.#timer.unref();
  }

  #ring(): void {
    const { clock, lingerMs, isBusy, ask } = this.#context;
    this.#timer = undefined;
    if (!isBusy() && clock.now() - this.#usedAt >= lingerMs) return;
    this.#arm();
    ask();
  }
}
