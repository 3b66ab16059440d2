import { setTimeout as wait } from 'node:timers/promises';
import { type CheckedFunction, callCheckedFunction, runCalls } from './calls.js';
import type { Dial, DialWatch } from './dials.js';
import type { Halt } from './halt.js';
import type { LeakCheckSettings } from './options.js';

const POLL_MS = 10;

/** Of the room that the server had: with more, a leak would shut out everybody else. */
const MOST_OF_ROOM = 0.8;

/** Calls of the function, in rounds, and what they did to the connections. */
export class Rounds {
  /** Connections open at the start, then after each measured call. */
  readonly samples: number[] = [];
  readonly errors: unknown[] = [];
  /** Measured ones that have begun. */
  calls = 0;
  /** The server has no room for more leaks. */
  isServerFull = false;
  #called = 0;
  #settled = 0;
  #planned = 0;
  #startedAt = 0;
  #dialledBefore = 0;

  constructor(
    private readonly fn: CheckedFunction,
    private readonly settings: LeakCheckSettings,
    private readonly watch: DialWatch,
    private readonly halt: Halt,
    private readonly room: number,
  ) {}

  async warmUp(): Promise<void> {
    await this.#run(this.settings.warmup, { onCall: () => undefined, onSettled: () => undefined });
    this.errors.length = 0;
    this.samples.push(this.watch.open().length);
    this.#startedAt = performance.now();
    this.#dialledBefore = this.watch.count;
  }

  /** Connections that the measured calls opened, whether closed since or not. */
  get opened(): number {
    return this.watch.count - this.#dialledBefore;
  }

  /** Connections that the measured calls opened and that are open. */
  leftOpen(): Dial[] {
    return this.watch.open().filter(({ at }) => at >= this.#startedAt);
  }

  /** One round of measured calls. Resolves to the time when the second half of them began. */
  async run(): Promise<number> {
    const { calls, onProgress } = this.settings;
    const begun: number[] = [];
    this.#planned += calls;
    await this.#run(calls, {
      onCall: () => {
        this.calls += 1;
        begun.push(performance.now());
      },
      onSettled: () => {
        const open = this.watch.open().length;
        this.samples.push(open);
        this.isServerFull ||= open > 4 * this.settings.concurrency && open > MOST_OF_ROOM * this.room;
        onProgress({ done: this.samples.length - 1, calls: this.#planned, open });
      },
    });
    return begun[Math.floor(begun.length / 2)]!;
  }

  /** Gives what closes slowly its time. */
  async settle(isEnough: () => boolean): Promise<void> {
    const until = performance.now() + this.settings.settleMs;
    while (!isEnough() && performance.now() < until) await this.halt.race(wait(POLL_MS));
  }

  /** How far it came, for a check that was cut short. */
  asError(): Error {
    const [called, open] = [this.#called, this.watch.open().length];
    return new Error(`${this.#settled} of ${called} calls had ended; ${open} connections were open`);
  }

  #run(calls: number, on: { onCall(): void; onSettled(): void }): Promise<void> {
    const work = runCalls({
      calls,
      concurrency: this.settings.concurrency,
      goesOn: () => !this.halt.reached && !this.isServerFull,
      call: () => {
        on.onCall();
        this.#called += 1;
        return callCheckedFunction(this.fn);
      },
      onError: (error) => this.errors.push(error),
      onSettled: () => {
        this.#settled += 1;
        on.onSettled();
      },
    });
    return this.halt.race(work);
  }
}
