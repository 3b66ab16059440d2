import { AsyncResource } from 'node:async_hooks';
import { defer, noop } from './outcome.js';

/** Time, passed in so that tests can own it. */
export interface Clock {
  /** Monotonic, in ms. All durations are measured by it. */
  now(): number;
  /** Epoch ms. Only for what is told to people, and for how long a process may have slept: it can be set back. */
  wall(): number;
  /**
   * Calls `fn` once after `ms`, and after what had arrived by then has been read: a busy event loop must not be taken for
   * a silent server. `Infinity` never does.
   */
  after(ms: number, fn: () => void): Timer;
  /** Calls `fn` a turn of the event loop later. */
  soon(fn: () => void): void;
}

export interface Timer {
  cancel(): void;
  /** Lets the process exit although the timer is pending. */
  unref(): void;
  /** Does not any more. False if it may never ring: the timers of the process were replaced since, as test suites do. */
  ref(): boolean;
}

/** Of times and numbers: no limit. */
export const UNLIMITED = Number.POSITIVE_INFINITY;

/** Node's timers count in a signed 32-bit integer; a longer one would fire at once. */
export const LONGEST_MS = 2 ** 31 - 1;

const NEVER: Timer = { cancel: noop, unref: noop, ref: () => true };

class NodeTimer implements Timer {
  readonly #fn: () => void;
  readonly #madeBy = setTimeout;
  /** Of the same kind: fake timers do not know those of Node, and complain. */
  readonly #clear = clearTimeout;
  #timeout: NodeJS.Timeout;
  #immediate: NodeJS.Immediate | undefined;
  #isRef = true;

  constructor(ms: number, fn: () => void) {
    this.#fn = fn;
    this.#timeout = this.#arm(ms);
  }

  cancel(): void {
    const clear = this.#clear;
    clear(this.#timeout);
    if (this.#immediate) clearImmediate(this.#immediate);
  }

  unref(): void {
    this.#isRef = false;
    this.#timeout.unref();
  }

  ref(): boolean {
    this.#isRef = true;
    this.#timeout.ref();
    return this.#madeBy === setTimeout;
  }

  #arm(ms: number): NodeJS.Timeout {
    if (ms <= LONGEST_MS) return setTimeout(() => this.#ring(), ms);
    const timeout = setTimeout(() => {
      this.#timeout = this.#arm(ms - LONGEST_MS);
    }, LONGEST_MS);
    return this.#isRef ? timeout : timeout.unref();
  }

  /** Sockets are read between timers and immediates. One that lets the process exit would be late: the loop waits for others. */
  #ring(): void {
    this.#immediate = setImmediate(this.#fn);
  }
}

/** Of no call: a timer serves many, and would keep what the first one's context holds. */
const nobody = new AsyncResource('WITH_REDIS_TIMER');

/** The only place that reads time and sets timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, fn) => (ms === UNLIMITED ? NEVER : nobody.runInAsyncScope(() => new NodeTimer(ms, fn))),
  soon: (fn) => void setImmediate(fn),
};

export const systemRandom = (): number => Math.random();

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

/** What comes of `work` where that is in time, `ms` from now; else what `late` returns or throws. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => T): Promise<T> {
  return until(clock, ms, (over) => Promise.race([work, over.then(late)]));
}

/** How long ago something was, by whichever clock says more: the monotonic one stands still while a process is frozen. */
export class Moment {
  readonly #now: number;
  readonly #wall: number;

  /** @param wall Where the wall clock stood then, if that was before now and within a turn or two of work. */
  constructor(clock: Clock, wall = clock.wall()) {
    this.#now = clock.now();
    this.#wall = wall;
  }

  agoMs(clock: Clock): number {
    return Math.max(clock.now() - this.#now, clock.wall() - this.#wall);
  }
}
