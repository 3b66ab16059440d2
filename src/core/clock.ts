import { defer } from './outcome.js';

/** Time, passed in so that tests can own it. */
export interface Clock {
  /** Monotonic, in ms. */
  now(): number;
  /** Calls `fn` once after `ms`; `Infinity` never does. */
  after(ms: number, fn: () => void): Timer;
}

export interface Timer {
  cancel(): void;
  ref(): void;
  /** Lets the process exit although the timer is pending. */
  unref(): void;
}

/** Node's timers count in a signed 32-bit integer; a longer one would fire at once. */
export const LONGEST_MS = 2 ** 31 - 1;

const NEVER: Timer = { cancel() {}, ref() {}, unref() {} };

class NodeTimer implements Timer {
  #timeout: NodeJS.Timeout;

  constructor(ms: number, fn: () => void) {
    this.#timeout = this.#arm(ms, fn);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  ref(): void {
    this.#timeout.ref();
  }

  unref(): void {
    this.#timeout.unref();
  }

  #arm(ms: number, fn: () => void): NodeJS.Timeout {
    if (ms <= LONGEST_MS) return setTimeout(fn, ms);
    return setTimeout(() => {
      this.#timeout = this.#arm(ms - LONGEST_MS, fn);
    }, LONGEST_MS);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, fn) => (ms === Number.POSITIVE_INFINITY ? NEVER : new NodeTimer(ms, fn)),
};

/** Runs what may go on until it is late, `ms` from now. */
export async function until<T>(
  clock: Clock,
  ms: number,
  run: (late: Promise<void>) => Promise<T>,
): Promise<T> {
  const { promise: late, resolve } = defer<void>();
  const timer = clock.after(ms, () => resolve());
  try {
    return await run(late);
  } finally {
    timer.cancel();
  }
}
