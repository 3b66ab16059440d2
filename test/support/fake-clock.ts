import type { Clock, Timer } from '../../src/core/clock.js';

interface Pending {
  readonly at: number;
  readonly fn: () => void;
}

/** Time that only passes when a test says so. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Pending>();
  readonly #idle = new WeakSet<Pending>();

  /** Timers that would keep a process alive. */
  get pending(): number {
    return [...this.#timers].filter((timer) => !this.#idle.has(timer)).length;
  }

  /** All timers, those that let a process exit included. */
  get scheduled(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  /** What the wall clock is set by, for a test to set it back. */
  wallOffset = 1_700_000_000_000;

  wall(): number {
    return this.#now + this.wallOffset;
  }

  soon(fn: () => void): void {
    setImmediate(fn);
  }

  after(ms: number, fn: () => void): Timer {
    const timer: Pending = { at: this.#now + ms, fn };
    if (ms !== Number.POSITIVE_INFINITY) this.#timers.add(timer);
    return {
      cancel: () => void this.#timers.delete(timer),
      unref: () => void this.#idle.add(timer),
      ref: () => {
        this.#idle.delete(timer);
        return true;
      },
    };
  }

  /** Runs what falls due, in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
    }
    this.#now = until;
  }
}
