import type { Clock, Timer } from '../core/clock.js';
import { type Deferred, defer } from '../core/outcome.js';
import type { Unit } from './unit.js';

/** Nodes that disagree send a command to and fro, until one has heard from the other. */
const PROMPT_HOPS = 2;
const LONGEST_PAUSE_MS = 100;

/** Whose gate it is. */
export interface GateKeeper {
  /** Sends what may be sent now. */
  pass(unit: Unit): void;
  /**
   * Whether it may be sent beside what is in flight.
   *
   * @param alone Nothing is.
   */
  admits(alone: boolean): boolean;
  /** Whether `unit` may be sent again together with `first`. */
  suits(unit: Unit, first: Unit): boolean;
  /**
   * Called when nothing is in flight, before what waits is sent.
   *
   * @param again The first of what is sent now, if that has been sent before; all that came after has to wait for it.
   */
  opens(again: Unit | undefined): void;
}

/**
 * What is in flight, and what waits for that. What is redirected is sent again when nothing else is in flight, one place
 * after the other where need be, and before everything that has come since, so that what is about one slot keeps its order.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #keeper: GateKeeper;
  #inFlight = 0;
  /** To be sent again, since the gate was opened last. */
  #again: Unit[] = [];
  /** To be sent again, but not to where that was which is in flight now: after all of it. */
  #behind: Unit[] = [];
  /** Not sent yet. */
  #waiting: Unit[] = [];
  #closed = false;
  /** Why nothing enters any more. */
  #over: (() => unknown) | undefined;
  #pause: Timer | undefined;
  /** Set where somebody waits for it. */
  #quiet: Deferred<void> | undefined;

  constructor(clock: Clock, keeper: GateKeeper) {
    this.#clock = clock;
    this.#keeper = keeper;
  }

  /** Nothing is in flight and nothing waits. */
  get quiet(): boolean {
    return this.#inFlight === 0 && this.#held === 0;
  }

  /** Resolves when nothing is in flight and nothing waits. */
  async whenQuiet(): Promise<void> {
    while (!this.quiet) {
      this.#quiet ??= defer<void>();
      await this.#quiet.promise;
    }
  }

  /** Nothing enters any more. */
  get over(): boolean {
    return this.#over !== undefined;
  }

  /** Sends it, or lets it wait: what was sent before goes before all that has come since. */
  enter(unit: Unit): void {
    if (this.#over) {
      unit.fail(this.#over());
      return;
    }
    this.#closed ||= !this.#keeper.admits(this.#inFlight === 0);
    if (this.#closed) (unit.hops > 0 ? this.#again : this.#waiting).push(unit);
    else {
      this.#inFlight += 1;
      this.#keeper.pass(unit);
    }
  }

  /** Closes the gate: `unit` waits until nothing is in flight, and so does all that comes after it. */
  hold(unit: Unit): void {
    this.#closed = true;
    this.enter(unit);
    if (unit.hops <= PROMPT_HOPS) return;
    this.#pause ??= this.#clock.after(Math.min(2 ** unit.hops, LONGEST_PAUSE_MS), () => {
      this.#pause = undefined;
      this.advance();
    });
  }

  /** One that has entered is not in flight any more. */
  leave(): void {
    this.#inFlight -= 1;
  }

  /** Goes on, if nothing is in flight. */
  advance(): void {
    if (this.#inFlight > 0 || this.#pause) return;
    if (this.#closed) {
      this.#open();
      // All of it may have been given up.
      this.advance();
    } else {
      this.#quiet?.resolve();
      this.#quiet = undefined;
    }
  }

  /** Refuses what waits, and what comes. */
  end(error: () => unknown): void {
    this.#over = error;
    this.#closed = false;
    this.#pause?.cancel();
    this.#pause = undefined;
    const held = [...this.#again, ...this.#behind, ...this.#waiting];
    this.#again = [];
    this.#behind = [];
    this.#waiting = [];
    for (const unit of held) unit.fail(error());
  }

  get #held(): number {
    return this.#again.length + this.#behind.length + this.#waiting.length;
  }

  #open(): void {
    const [again] = this.#again.concat(this.#behind);
    const units = again ? this.#takeWith(again) : this.#waiting.splice(0);
    this.#closed = false;
    this.#keeper.opens(again);
    for (const unit of units) unit.run(() => this.enter(unit));
    // What has come since waits until these are answered.
    this.#closed ||= this.#held > 0;
  }

  /** What is sent again with the first one: nothing that is about the slot of something that is not. */
  #takeWith(first: Unit): Unit[] {
    const units = this.#again.splice(0).concat(this.#behind.splice(0));
    const passed = new Set<number | undefined>();
    return units.filter((unit) => {
      if (!passed.has(unit.told) && this.#keeper.suits(unit, first)) return true;
      passed.add(unit.told);
      this.#behind.push(unit);
      return false;
    });
  }
}
