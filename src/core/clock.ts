/** Time, passed in so that tests can own it. */
export interface Clock {
  /** Monotonic, in ms. */
  now(): number;
  /** Calls `fn` once after `ms`; `Infinity` never does. */
  after(ms: number, fn: () => void): Timer;
}

export interface Timer {
  cancel(): void;
  /** Lets the process exit although the timer is pending. */
  unref(): void;
}

/** Node's timers count in a signed 32-bit integer; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

const NEVER: Timer = { cancel() {}, unref() {} };

class NodeTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(ms: number, fn: () => void) {
    this.#timeout = setTimeout(fn, ms);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  unref(): void {
    this.#timeout.unref();
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, fn) => (ms > LONGEST_MS ? NEVER : new NodeTimer(ms, fn)),
};
