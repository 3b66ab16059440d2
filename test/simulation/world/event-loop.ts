import { AsyncResource } from 'node:async_hooks';
import { type Due, Heap } from './heap.js';
import { Ring, type Run, type TimerLoop, VirtualImmediate, type VirtualTimeout } from './timers.js';

/** How long a callback takes. Time has to pass, or a loop that waits for it would never end. */
const CALLBACK_MS = 0.002;

class Arrival implements Due {
  constructor(
    readonly at: number,
    readonly serial: number,
    readonly run: Run,
  ) {}
}

/**
 * Node's event loop on a clock of its own, phase by phase: timers, what has arrived, immediates, what has closed. One
 * step is one callback, so whoever steps can let ticks and microtasks run in between, as Node does.
 */
export class EventLoop implements TimerLoop {
  /** Monotonic, in ms. */
  now = 0;
  /** Timers that will ring. */
  timers = 0;
  /** Callbacks run so far. */
  steps = 0;
  /** Timers and immediates keep the async context they were made in. Costs time, so only where something reads it. */
  keepsContext = false;
  #serial = 0;
  /** Of this iteration, in whole ms, as timers see it. */
  #loopMs = 0;
  #phase = 0;
  /** When the system was asked what has arrived; what comes while that is handled is for the next time. */
  #polledAt = 0;
  readonly #rings = new Heap<Ring>();
  readonly #arrivals = new Heap<Arrival>();
  readonly #outside = new Heap<Arrival>();
  readonly #names = new Map<number, VirtualTimeout>();
  #immediates: VirtualImmediate[] = [];
  #checking: VirtualImmediate[] = [];
  #checked = 0;
  #closing: Run[] = [];

  bind(run: Run): Run {
    return this.keepsContext ? AsyncResource.bind(run) : run;
  }

  arm(timeout: VirtualTimeout): void {
    timeout.active = true;
    timeout.serial = ++this.#serial;
    timeout.at = Math.max(this.#loopMs, Math.floor(this.now)) + timeout.ms;
    this.timers += 1;
    this.#rings.push(new Ring(timeout.at, timeout.serial, timeout));
  }

  disarm(timeout: VirtualTimeout): void {
    if (!timeout.active) return;
    timeout.active = false;
    this.timers -= 1;
  }

  /** The timers that are set, for people. */
  describeTimers(): string {
    const set = [...this.#rings].filter((ring) => this.#isArmed(ring));
    return set.map(({ at, timeout }) => `${timeout.ms} ms, in ${at - this.#loopMs} ms`).join('; ');
  }

  nameTimer(timeout: VirtualTimeout): number {
    this.#names.set(timeout.serial, timeout);
    return timeout.serial;
  }

  timerNamed(name: number): VirtualTimeout | undefined {
    return this.#names.get(name);
  }

  immediate(run: Run): VirtualImmediate {
    const immediate = new VirtualImmediate(this.bind(run));
    this.#immediates.push(immediate);
    return immediate;
  }

  /** Something comes to the process from outside, like bytes from the network. */
  arrive(at: number, run: Run): void {
    this.#arrivals.push(new Arrival(Math.max(at, this.now), ++this.#serial, run));
  }

  /** Something happens outside of the process, which goes on also while its thread is busy. */
  elsewhere(at: number, run: Run): void {
    this.#outside.push(new Arrival(Math.max(at, this.now), ++this.#serial, run));
  }

  after(ms: number, run: Run): void {
    this.arrive(this.now + ms, run);
  }

  /** For the last phase of an iteration, in which handles are closed. */
  closed(run: Run): void {
    this.#closing.push(run);
  }

  /** The thread is busy: time passes, and nothing happens but elsewhere. */
  stall(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const first = this.#outside.peek();
      if (!first || first.at > until) break;
      this.#outside.pop();
      this.now = Math.max(this.now, first.at);
      first.run();
    }
    this.now = until;
  }

  /** Runs one callback, the next; false if there will never be one. */
  step(): boolean {
    for (;;) {
      const run = this.#next();
      if (run) {
        this.steps += 1;
        this.now += CALLBACK_MS;
        run();
        return true;
      }
      if (this.#phase === 0 && !this.#sleep()) return false;
    }
  }

  /** The next callback of this phase; at its end the next phase begins. */
  #next(): Run | undefined {
    if (this.#phase === 0) return this.#ring();
    if (this.#phase === 1) {
      const queue = this.#sooner();
      const first = queue.peek();
      if (first && first.at <= this.#polledAt) return queue.pop()?.run;
      this.#checking = this.#immediates;
      this.#immediates = [];
      this.#checked = 0;
      this.#phase = 2;
    }
    if (this.#phase === 2) {
      while (this.#checked < this.#checking.length) {
        const { run } = this.#checking[this.#checked++] as VirtualImmediate;
        if (run) return run;
      }
      this.#phase = 3;
    }
    const close = this.#closing.shift();
    if (!close) this.#phase = 0;
    return close;
  }

  /** Where the next thing comes from that is no timer. */
  #sooner(): Heap<Arrival> {
    const inside = this.#arrivals.peek();
    const outside = this.#outside.peek();
    return outside && (!inside || outside.at < inside.at) ? this.#outside : this.#arrivals;
  }

  #ring(): Run | undefined {
    this.#loopMs = Math.floor(this.now);
    for (;;) {
      const ring = this.#rings.peek();
      if (!ring || (ring.at > this.#loopMs && this.#isArmed(ring))) break;
      this.#rings.pop();
      const { timeout } = ring;
      if (!this.#isArmed(ring)) continue;
      this.disarm(timeout);
      if (!timeout.repeats) return timeout.run;
      return () => {
        timeout.run();
        this.arm(timeout);
      };
    }
    this.#phase = 1;
    this.#polledAt = this.now;
    return this.#next();
  }

  #isArmed({ timeout, serial }: Ring): boolean {
    return timeout.active && timeout.serial === serial;
  }

  /** Nothing to do now: time goes on to whatever is next. */
  #sleep(): boolean {
    if (this.#immediates.length > 0) return true;
    while (this.#rings.peek() && !this.#isArmed(this.#rings.peek() as Ring)) this.#rings.pop();
    const ring = this.#rings.peek()?.at ?? Number.POSITIVE_INFINITY;
    const arrival = this.#sooner().peek()?.at ?? Number.POSITIVE_INFINITY;
    const next = Math.min(ring, arrival);
    if (next === Number.POSITIVE_INFINITY) return false;
    this.now = Math.max(this.now, next);
    return true;
  }
}
