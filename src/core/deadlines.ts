import { type Clock, type Timer, UNLIMITED } from './clock.js';

/** Something that ends when its time is up. A member of at most one row at a time. */
export interface Expirable {
  expiresAt: number;
  sooner: Expirable | undefined;
  later: Expirable | undefined;
  row: Row | undefined;
  expire(): void;
}

/**
 * Limits of thousands of calls with one timer for each duration in use. What has the same duration expires in the order
 * it came, so a row is a list, and adding and removing cost a few writes where a timer of its own costs a system's.
 */
export class Deadlines {
  readonly clock: Clock;
  readonly #rows = new Map<number, Row>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** `Infinity` is no limit. `now` may lie in the past: the time since then has been spent. */
  add(member: Expirable, ms: number, now: number): void {
    if (ms === UNLIMITED) return;
    let row = this.#rows.get(ms);
    if (!row) {
      row = new Row(ms, this.clock, this.#rows);
      this.#rows.set(ms, row);
    }
    // Timers are no finer, and whole numbers take no memory of their own.
    row.add(member, Math.ceil(now + ms));
  }

  /** Leaves no timer behind. */
  clear(): void {
    for (const row of this.#rows.values()) row.end();
  }
}

/** A caller who works its limits out has a new duration each time: their rows must not outlive them by hours. */
const KEPT_ROWS = 16;

/** What expires after the same duration, the soonest first. */
class Row {
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #rows: Map<number, Row>;
  #first: Expirable | undefined;
  #last: Expirable | undefined;
  #timer: Timer | undefined;
  #dueAt = 0;

  constructor(ms: number, clock: Clock, rows: Map<number, Row>) {
    this.#ms = ms;
    this.#clock = clock;
    this.#rows = rows;
  }

  add(member: Expirable, expiresAt: number): void {
    member.row = this;
    member.expiresAt = expiresAt;
    let sooner = this.#last;
    while (sooner && sooner.expiresAt > expiresAt) sooner = sooner.sooner;
    const later = sooner ? sooner.later : this.#first;
    member.sooner = sooner;
    member.later = later;
    if (later) later.sooner = member;
    else this.#last = member;
    if (sooner) sooner.later = member;
    else this.#first = member;
    // Fake timers that a test suite has put away again ring no more.
    const rings = this.#timer?.ref() && this.#dueAt <= expiresAt;
    if (!rings) this.#arm((this.#first as Expirable).expiresAt);
  }

  remove(member: Expirable): void {
    member.row = undefined;
    if (member.sooner) member.sooner.later = member.later;
    else this.#first = member.later;
    if (member.later) member.later.sooner = member.sooner;
    else this.#last = member.sooner;
    member.sooner = undefined;
    member.later = undefined;
    if (this.#first) return;
    if (this.#rows.size > KEPT_ROWS) this.end();
    // It is left to run out, without keeping the process alive: the next member is near.
    else this.#timer?.unref();
  }

  /** Takes no more members. */
  end(): void {
    this.#timer?.cancel();
    if (this.#rows.get(this.#ms) === this) this.#rows.delete(this.#ms);
  }

  #arm(dueAt: number): void {
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    // Rounded up: a timer that rings a moment early has to be set once more, and rings after those set for the same time.
    const ms = Math.max(1, Math.ceil(dueAt - this.#clock.now()));
    this.#timer = this.#clock.after(ms, () => this.#sweep());
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.#first && this.#first.expiresAt <= now) {
      const member = this.#first;
      this.remove(member);
      member.expire();
    }
    if (this.#timer) return;
    if (this.#first) this.#arm(this.#first.expiresAt);
    else this.end();
  }
}
