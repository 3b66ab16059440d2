import type { Clock, Timer } from '../core/clock.js';
import { defer } from '../core/outcome.js';
import type { Unit } from './unit.js';

/** Nodes that disagree send a command to and fro, until one has heard from the other. */
const PROMPT_HOPS = 2;
const LONGEST_PAUSE_MS = 100;

/**
 * What is in flight, and what waits for that. What is redirected is sent again when nothing else is in flight, and before
 * everything that has come since, so that what is about one slot keeps its order.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #pass: (unit: Unit) => void;
  /** Called when nothing is in flight, before the gate is opened again. */
  readonly #opens: () => void;
  readonly #inFlight = new Set<Unit>();
  #again: Unit[] = [];
  #deferred: Unit[] = [];
  #closed = false;
  #over = false;
  #pauseMs = 0;
  #pause: Timer | undefined;
  #quiet = defer<void>();

  constructor(clock: Clock, pass: (unit: Unit) => void, opens: () => void) {
    this.#clock = clock;
    this.#pass = pass;
    this.#opens = opens;
  }

  /** Nothing is in flight and nothing waits. */
  get quiet(): boolean {
    return this.#inFlight.size + this.#again.length + this.#deferred.length === 0;
  }

  async whenQuiet(): Promise<void> {
    while (!this.quiet) await this.#quiet.promise;
  }

  enter(unit: Unit): void {
    if (this.#closed) {
      this.#deferred.push(unit);
      return;
    }
    this.#inFlight.add(unit);
    this.#pass(unit);
  }

  /** It is not in flight any more. */
  leave(unit: Unit): void {
    this.#inFlight.delete(unit);
  }

  /** Closes the gate until `unit` can be sent, with the others that are to be sent again. */
  sendAgain(unit: Unit): void {
    this.#again.push(unit);
    this.#closed = true;
    if (unit.hops > PROMPT_HOPS) this.#pauseMs = Math.min(2 ** unit.hops, LONGEST_PAUSE_MS);
  }

  /** Goes on, if nothing is in flight. */
  advance(): void {
    if (this.#inFlight.size > 0 || this.#pause || this.#over) return;
    if (this.#pauseMs > 0) {
      this.#wait();
      return;
    }
    if (this.#closed) this.#open();
    if (!this.quiet) return;
    this.#quiet.resolve();
    this.#quiet = defer<void>();
  }

  /** It is never opened again. */
  end(error: unknown): void {
    this.#over = true;
    this.#pause?.cancel();
    for (const unit of [...this.#again, ...this.#deferred]) unit.fail(error);
  }

  #open(): void {
    this.#closed = false;
    this.#opens();
    const units = [...this.#again, ...this.#deferred];
    this.#again = [];
    this.#deferred = [];
    for (const unit of units) this.enter(unit);
  }

  #wait(): void {
    this.#pause = this.#clock.after(this.#pauseMs, () => {
      this.#pause = undefined;
      this.advance();
    });
    this.#pauseMs = 0;
  }
}
