import { type Clock, Moment, type Timer } from '../core/clock.js';

/**
 * Resources that came back this moment. The next claim takes one at once, without the round through the source that
 * keeps them; what is not wanted again soon goes back there, to be validated and evicted by its rules.
 */
export class JustReturned<T> {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #giveBack: (resource: T, idleSince: Moment) => void;
  #resources: T[] = [];
  /** When the first and the last came. Wall clock: the timer is enough but for a process that was frozen meanwhile. */
  #firstAt = 0;
  #lastAt = 0;
  #timer: Timer | undefined;

  /** @param keepMs How long a resource stays at hand; 0 for not at all. */
  constructor(clock: Clock, keepMs: number, giveBack: (resource: T, idleSince: Moment) => void) {
    this.#keepMs = keepMs;
    this.#clock = clock;
    this.#giveBack = giveBack;
  }

  push(resource: T): void {
    if (this.#keepMs === 0) {
      this.#giveBack(resource, new Moment(this.#clock));
      return;
    }
    this.#lastAt = this.#clock.wall();
    if (this.#resources.length === 0) this.#firstAt = this.#lastAt;
    this.#resources.push(resource);
    if (this.#timer) return;
    this.#timer = this.#clock.after(this.#keepMs, () => this.flush());
    this.#timer.unref();
  }

  pop(): T | undefined {
    if (this.#resources.length === 0) return undefined;
    if (this.#clock.wall() - this.#lastAt > this.#keepMs) this.flush();
    return this.#resources.pop();
  }

  /** Gives everything to the source, which learns since when it idles. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const resources = this.#resources;
    if (resources.length === 0) return;
    const since = new Moment(this.#clock, this.#firstAt);
    this.#resources = [];
    for (const resource of resources) this.#giveBack(resource, since);
  }
}
