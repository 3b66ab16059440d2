import type { OutsideClient, Testimony } from './census.js';
import { Curves, type Sight, type Whose } from './curves.js';
import type { Halt } from './halt.js';
import { now, pause, poll } from './moments.js';
import { findRemnants } from './remnants.js';
import type { Rounds } from './rounds.js';
import { BRIEF, fullPatience, settle } from './settling.js';
import type { ProcessWatch } from './watch.js';

/** A worker thread that has been started connects some time later; after so long without a new one all have. */
const SPAWNED_STILL_MS = 500;
const SPAWNED_MOST_MS = 5_000;

/** How long a job in the background is watched without calls: three times what lies between two of its connections. */
const PACES_WATCHED = 3;
const LEAST_WATCHED_MS = 300;
const MOST_WATCHED_MS = 2_500;

/** Calls in rounds until it is clear whether something grows with them. */
export class Inquiry {
  readonly curves: Curves;
  sight: Sight = { ofCalls: [], ofOthers: [], outside: [] };
  /** How long after the last call connections went on closing, as far as it was waited for. */
  closedAfterMs = 0;
  /** Dials of anybody while nothing was called, at the last look. */
  quietDials = 0;
  /** Others, whose connections grow whether there are calls or not. */
  readonly otherWork = new Set<Whose>();
  #outsideBefore = new Set<number>();
  /** When the calls were over that one looks back at; nobody knows while there are some. */
  #quietSince = Number.POSITIVE_INFINITY;
  #beganSettled = false;
  #isCutShort = false;

  constructor(
    private readonly rounds: Rounds,
    private readonly watch: ProcessWatch,
    private readonly takeCensus: () => Promise<Testimony>,
    private readonly halt: Halt,
  ) {
    this.curves = new Curves(rounds.settings.concurrency);
  }

  async run(): Promise<void> {
    await this.rounds.warmUp();
    await this.#settle(false);
    await this.#look();
    this.rounds.begin();
    this.curves.begin();
    this.#outsideBefore = new Set(this.sight.outside.map(({ row }) => row.id));
    while (!(await this.#isClearAfterRound())) {
      this.#beganSettled = this.curves.isAmbiguous;
      this.curves.close();
    }
    for (const whose of ['others', 'outside'] as const) {
      if (this.leaks(whose) && (await this.#isOtherWork(whose))) this.otherWork.add(whose);
    }
  }

  /** Something grows with the calls. That the server is full ends the doubt. */
  leaks(whose: Whose): boolean {
    const suspicion = this.curves.suspicionOf(whose);
    return suspicion === 'leak' || (suspicion === 'doubt' && this.rounds.isServerFull);
  }

  /** What others have left, where that is for the calls. Unless it is clear, it has to be seen without them. */
  blames(whose: 'others' | 'outside'): boolean {
    const isClear = !this.#isCutShort || this.#isStartedByCalls(whose);
    return this.leaks(whose) && isClear && !this.otherWork.has(whose);
  }

  get outsideSinceBegin(): readonly OutsideClient[] {
    return this.sight.outside.filter(({ row }) => !this.#outsideBefore.has(row.id));
  }

  /**
   * After an end before the time: what is younger than `settleMs` may be about to close, so it proves nothing. Whether
   * others go on without calls has not been seen. A server that hangs has no last word.
   */
  lookAtTheEnd(outsideAtTheEnd: readonly OutsideClient[] = this.sight.outside): void {
    this.#quietSince = Number.POSITIVE_INFINITY;
    this.#see(outsideAtTheEnd);
    const { stillMs } = fullPatience(this.rounds.settings.settleMs);
    const isOld = ({ at }: { readonly at: number }) => now() - at > stillMs;
    const { ofCalls, ofOthers, outside } = this.sight;
    const old = { ofCalls: ofCalls.filter(isOld), ofOthers: ofOthers.filter(isOld), outside };
    this.curves.look(old, this.rounds.round(this.#beganSettled));
    this.#isCutShort = true;
  }

  async #look(): Promise<void> {
    this.#see(await this.#askOutside());
    this.curves.look(this.sight, this.rounds.round(this.#beganSettled));
  }

  async #isClearAfterRound(): Promise<boolean> {
    this.#quietSince = Number.POSITIVE_INFINITY;
    await this.rounds.run();
    await this.#settle(false);
    await this.#look();
    if (this.curves.suspicion === 'leak' || this.curves.isAmbiguous || this.rounds.isServerFull) {
      this.closedAfterMs = await this.#settle(true);
      await this.#look();
    }
    return this.curves.suspicion !== 'doubt' || this.rounds.isServerFull;
  }

  async #settle(fully: boolean): Promise<number> {
    const patience = fully ? fullPatience(this.rounds.settings.settleMs) : BRIEF;
    const count = () => {
      const { ofCalls, ofOthers } = findRemnants(this.watch, Number.POSITIVE_INFINITY);
      return ofCalls.length + ofOthers.length;
    };
    const dialled = this.watch.count;
    const { startedAt, fellForMs } = await settle(this.watch, count, patience, this.halt.race);
    if (this.watch.spawned) await this.#untilSpawnedAreStill();
    this.#quietSince = startedAt;
    this.quietDials = this.watch.count - dialled;
    return fellForMs;
  }

  async #untilSpawnedAreStill(): Promise<void> {
    const until = now() + SPAWNED_MOST_MS;
    let [seen, seenAt] = [-1, now()];
    while (now() < until && now() - seenAt < SPAWNED_STILL_MS) {
      const { length } = await this.#askOutside();
      if (length !== seen) [seen, seenAt] = [length, now()];
      await this.halt.race(poll());
    }
  }

  /** A server that hangs in the middle of it all must not outlast the deadline. */
  async #askOutside(): Promise<readonly OutsideClient[]> {
    return (await this.halt.race(this.takeCensus())).outside;
  }

  #see(outside: readonly OutsideClient[]): void {
    this.sight = { ...findRemnants(this.watch, this.#quietSince), outside };
  }

  /** Threads and processes that calls have started are theirs. */
  #isStartedByCalls(whose: 'others' | 'outside'): boolean {
    return whose === 'outside' && this.watch.spawned !== undefined;
  }

  /** A job in the background goes on at its pace when nothing is called; what calls set off ends with them. */
  async #isOtherWork(whose: 'others' | 'outside'): Promise<boolean> {
    if (this.#isStartedByCalls(whose)) return false;
    const grown = this.curves.growthOf(whose).reduce((sum, each) => sum + each, 0);
    const paceMs = (now() - this.rounds.startedAt) / Math.max(1, grown);
    const watchedMs = Math.min(MOST_WATCHED_MS, Math.max(LEAST_WATCHED_MS, PACES_WATCHED * paceMs));
    const before = this.#count(whose);
    await this.halt.race(pause(watchedMs));
    this.#see(await this.#askOutside());
    const expected = watchedMs / paceMs;
    return this.#count(whose) - before >= Math.max(1, expected / 2);
  }

  #count(whose: 'others' | 'outside'): number {
    return whose === 'others' ? this.sight.ofOthers.length : this.sight.outside.length;
  }
}
