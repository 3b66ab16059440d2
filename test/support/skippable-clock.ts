import type { Clock, Timer } from '../../src/core/clock.js';

interface Due {
  readonly at: number;
  readonly fn: () => void;
  readonly timeout: NodeJS.Timeout;
}

/** Real time that can be made to jump, for a deadline that no test wants to wait for. */
export class SkippableClock implements Clock {
  #skippedMs = 0;
  readonly #due = new Set<Due>();

  now(): number {
    return performance.now() + this.#skippedMs;
  }

  wall(): number {
    return Date.now() + this.#skippedMs;
  }

  soon(fn: () => void): void {
    setImmediate(fn);
  }

  after(ms: number, fn: () => void): Timer {
    if (ms === Number.POSITIVE_INFINITY) return { cancel() {}, unref() {}, ref: () => true };
    const timeout = setTimeout(() => this.#run(due), ms);
    const due: Due = { at: this.now() + ms, fn, timeout };
    this.#due.add(due);
    return {
      cancel: () => this.#forget(due),
      unref: () => void timeout.unref(),
      ref: () => timeout.ref() === timeout,
    };
  }

  /** Everything that falls due within the next `ms` does so now, in order. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    const now = this.now();
    const due = [...this.#due].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const each of due) if (this.#due.has(each)) this.#run(each);
  }

  #run(due: Due): void {
    this.#forget(due);
    due.fn();
  }

  #forget(due: Due): void {
    clearTimeout(due.timeout);
    this.#due.delete(due);
  }
}
