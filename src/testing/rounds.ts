import { type Call, type CheckedFunction, callCheckedFunction, runCalls } from './calls.js';
import type { Round } from './curve.js';
import type { Halt } from './halt.js';
import { now } from './moments.js';
import type { OldSockets } from './old-sockets.js';
import type { LeakCheckSettings } from './options.js';
import type { LeakProgress } from './report.js';
import { readResources } from './resources.js';
import { isRefusedForRoom, mostOpen } from './room.js';
import type { ProcessWatch } from './watch.js';

/** What the calls are made in. */
export interface Surroundings {
  readonly watch: ProcessWatch;
  readonly old: OldSockets;
  readonly halt: Halt;
  /** Connections that the server still takes. */
  readonly room: number;
}

/** Calls of the function, in rounds, and what they did to the connections. */
export class Rounds {
  /** Connections open at the start, then after each measured call. */
  readonly samples: number[] = [];
  /** The same of the calls before. */
  readonly warmupSamples: number[] = [];
  /** What measured calls threw. */
  errors: unknown[] = [];
  /** Measured ones that have begun. */
  calls = 0;
  /** Of all calls. */
  begun = 0;
  ended = 0;
  /** The server has no room for more connections. */
  isServerFull = false;
  /** When the first measured call began. */
  startedAt = Number.POSITIVE_INFINITY;
  /** What the process used then. */
  resources = readResources();
  /** Dials of the warm-up. */
  warmedUpWith = 0;
  #planned = 0;
  #begunAt: number[] = [];
  #roundAt = now();

  constructor(
    private readonly fn: CheckedFunction,
    readonly settings: LeakCheckSettings,
    private readonly around: Surroundings,
  ) {}

  async warmUp(): Promise<void> {
    const sample = () => this.warmupSamples.push(this.around.watch.open().length);
    sample();
    await this.#run(this.settings.warmup, sample);
  }

  /** Ends the warm-up: what is measured begins. */
  begin(): void {
    this.errors = [];
    this.warmedUpWith = this.around.watch.count;
    this.samples.push(this.around.watch.open().length);
    this.resources = readResources();
    this.startedAt = now();
  }

  /** Dials of the measured calls, whether closed since or not. */
  get opened(): number {
    return this.around.watch.count - this.warmedUpWith;
  }

  /** Measured calls that have ended. */
  get measured(): number {
    return Math.max(0, this.samples.length - 1);
  }

  /** More calls than were asked for. */
  get extra(): number {
    return Math.max(0, this.calls - this.settings.calls);
  }

  async run(): Promise<void> {
    const { calls } = this.settings;
    this.#planned += calls;
    await this.#run(calls, () => {
      const open = this.around.watch.open().length;
      this.samples.push(open);
      this.isServerFull ||= open >= mostOpen(this.around.room);
      this.#tell({ done: this.samples.length - 1, calls: this.#planned, open });
    });
  }

  /** What an observer throws, or rejects with, is none of the check's. */
  #tell(progress: LeakProgress): void {
    try {
      const told: unknown = this.settings.onProgress(progress);
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // There is nobody left to tell.
    }
  }

  /** The last round, as far as it came. */
  round(beganSettled: boolean): Round {
    const half = Math.floor(this.#begunAt.length / 2);
    return { startedAt: this.#roundAt, halfTime: this.#begunAt[half] ?? this.#roundAt, beganSettled };
  }

  #run(calls: number, onSettled: () => void): Promise<void> {
    [this.#begunAt, this.#roundAt] = [[], now()];
    return this.around.halt.race(
      runCalls({
        calls,
        concurrency: this.settings.concurrency,
        goesOn: () => !this.around.halt.reached && !this.isServerFull,
        call: () => this.#call(),
        onSettled,
      }),
    );
  }

  async #call(): Promise<void> {
    const call: Call = { at: now(), hasEnded: false };
    this.#begunAt.push(call.at);
    this.begun += 1;
    if (this.#planned > 0) this.calls += 1;
    try {
      const running = this.around.watch.run(call, () => callCheckedFunction(this.fn));
      this.around.old.look();
      await running;
    } catch (error) {
      this.errors.push(error);
      this.isServerFull ||= isRefusedForRoom(error);
    }
    this.around.old.look();
    call.hasEnded = true;
    this.ended += 1;
  }
}
