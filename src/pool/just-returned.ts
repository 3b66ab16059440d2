import type { Clock, Timer } from '../core/clock.js';

/**
 * Resources that came back this moment. The next claim takes one at once, without the round through the source that
 * keeps them; what is not wanted again soon goes back there, to be validated and evicted by its rules.
 */
export class Warm<T> {
  readonly #clock: Clock;
  readonly #warmMs: number;
  readonly #cool: (resource: T, since: number) => void;
  #resources: T[] = [];
  /** When the first and the last of them came. Wall clock, for the process may be frozen meanwhile. */
  #firstAt = 0;
  #lastAt = 0;
  #timer: Timer | undefined;

  /** @param warmMs How long a resource stays at hand; 0 for not at all. */
  constructor(clock: Clock, warmMs: number, cool: (resource: T, since: number) => void) {
    this.#warmMs = warmMs;
    this.#clock = clock;
    this.#cool = cool;
  }

  push(resource: T): void {
    this.#lastAt = Date.now();
    if (this.#warmMs === 0) {
      this.#cool(resource, this.#lastAt);
      return;
    }
    if (this.#resources.length === 0) this.#firstAt = this.#lastAt;
    this.#resources.push(resource);
    if (this.#timer) return;
    this.#timer = this.#clock.after(this.#warmMs, () => this.flush());
    this.#timer.unref();
  }

  pop(): T | undefined {
    if (this.#resources.length === 0) return undefined;
    if (Date.now() - this.#lastAt > this.#warmMs) this.flush();
    return this.#resources.pop();
  }

  /** Gives everything to the source, which learns since when it idles. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const resources = this.#resources;
    this.#resources = [];
    for (const resource of resources) this.#cool(resource, this.#firstAt);
  }
}
