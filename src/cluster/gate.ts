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
  /**
   * Called when nothing is in flight, before what waits is sent.
   *
   * @param again What is sent now has been sent before; what came after it has to wait for it.
   */
  opens(again: boolean): void;
}

/**
 * What is in flight, and what waits for that. What is redirected is sent again when nothing else is in flight, and before
 * everything that has come since, so that what is about one slot keeps its order.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #keeper: GateKeeper;
  #inFlight = 0;
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
    return this.#inFlight === 0 && this.#waiting.length === 0;
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
    if (this.#closed) this.#waiting.push(unit);
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
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const unit of waiting) unit.fail(error());
  }

  #open(): void {
    const waiting = this.#waiting;
    const again = waiting.filter(({ hops }) => hops > 0);
    const isAgain = again.length > 0;
    this.#closed = false;
    this.#waiting = isAgain ? waiting.filter(({ hops }) => hops === 0) : [];
    this.#keeper.opens(isAgain);
    for (const unit of isAgain ? again : waiting) unit.run(() => this.enter(unit));
    // What has come since waits until these are answered.
    this.#closed ||= this.#waiting.length > 0;
  }
}
