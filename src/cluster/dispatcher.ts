import type { Clock } from '../core/clock.js';
import type { HeldLoan } from '../core/loan.js';
import { defer, noop } from '../core/outcome.js';
import type { ActiveLease } from '../lease.js';
import type { RouteClaim } from './claim.js';
import type { Lane } from './lane.js';
import { Lanes, type LanesEvents } from './lanes.js';
import { MAX_HOPS, type NodeLease, type Place, type Router } from './router.js';
import type { Unit } from './unit.js';

/** The scope that the commands are of. */
export interface Traveller
  extends Pick<LanesEvents, 'label' | 'acquireTimeoutMs' | 'lost' | 'force' | 'describe'> {
  /** It has a connection of its own now, or another one than before. */
  arrived(lease: NodeLease): void;
  /** It has left all connections that it had. */
  left(): void;
}

/**
 * Brings the commands of one scope to the nodes that own what they are about: over one connection of its own, or over
 * shared ones. What is redirected is sent again when nothing of the scope is in flight, and before everything that has
 * come since, so that what is about one slot keeps its order.
 */
export class Dispatcher implements LanesEvents {
  readonly lanes: Lanes;
  readonly #router: Router;
  readonly #traveller: Traveller;
  readonly #inFlight = new Set<Unit>();
  #again: Unit[] = [];
  #deferred: Unit[] = [];
  /** Nothing is sent until nothing is in flight. */
  #gated = false;
  /** All connections are left then. */
  #leaving = false;
  #own: boolean;
  #slot: number | undefined;
  #main: Lane | undefined;
  /** What the own connection remembers cannot be taken along to another node. */
  #pinned = false;
  #over = false;
  #quiet = defer<void>();

  constructor(router: Router, clock: Clock, traveller: Traveller, own: boolean, slot: number | undefined) {
    this.#router = router;
    this.#traveller = traveller;
    this.#own = own;
    this.#slot = slot;
    this.lanes = new Lanes(router, clock, this);
  }

  /** The scope has a connection of its own, or is to get one. */
  get own(): boolean {
    return this.#own;
  }

  get quiet(): boolean {
    return this.#inFlight.size + this.#again.length + this.#deferred.length === 0;
  }

  get label(): string | undefined {
    return this.#traveller.label;
  }

  get acquireTimeoutMs(): number {
    return this.#traveller.acquireTimeoutMs;
  }

  begin(place: Place): void {
    const lane = this.lanes.add(place);
    if (this.#own) this.#main = lane;
  }

  submit(unit: Unit): void {
    if (this.#gated) {
      this.#deferred.push(unit);
      return;
    }
    this.#inFlight.add(unit);
    this.#laneFor(unit).submit(unit);
    if (this.#own && unit.stateful) this.#noteState(unit);
  }

  /** From here on the scope has a connection of its own, to the owner of `slot`; `unit` is the first to use it. */
  turnOwn(unit: Unit, slot: number | undefined): void {
    this.#own = true;
    this.#slot = slot;
    this.#sendAgain(unit, true);
    this.#advance();
  }

  /** Called when all of a unit has been answered, or cannot be. */
  readonly done = (unit: Unit): void => {
    this.#inFlight.delete(unit);
    if (unit.redirect) this.#follow(unit);
    this.#advance();
  };

  /** Resolves when nothing is in flight and nothing waits. */
  async whenQuiet(): Promise<void> {
    while (!this.quiet) await this.#quiet.promise;
  }

  /** Nothing is sent any more; what has not been is refused. */
  async end(error: unknown, end: (lease: NodeLease) => Promise<void> | undefined): Promise<void> {
    this.#over = true;
    for (const unit of [...this.#again, ...this.#deferred]) unit.fail(error);
    await this.lanes.end(error, end);
  }

  opened(lane: Lane, lease: NodeLease): void {
    if (lane === this.#main) this.#traveller.arrived(lease);
  }

  /** What waited for a connection that cannot be had goes elsewhere, if there is an elsewhere. */
  async failed(lane: Lane, error: unknown, claim: RouteClaim): Promise<void> {
    const slot = this.#own ? this.#slot : lane.slot;
    const elsewhere = await this.#router.isElsewhere(slot, lane.address, error, claim);
    this.lanes.remove(lane);
    if (lane === this.#main) this.#main = undefined;
    for (const unit of lane.takeWaiting()) {
      this.#inFlight.delete(unit);
      unit.hops += 1;
      if (elsewhere && !this.#over && unit.hops <= MAX_HOPS) this.submit(unit);
      else unit.fail(error);
    }
    this.#advance();
  }

  lost(): void {
    this.#traveller.lost();
  }

  describe(now: number): HeldLoan[] {
    return this.#traveller.describe(now);
  }

  force(...[error]: Parameters<LanesEvents['force']>): void {
    this.#traveller.force(error);
  }

  #laneFor(unit: Unit): Lane {
    if (unit.redirect?.kind === 'ASK') return this.lanes.at(unit.target, this.#own);
    if (this.#own) {
      this.#main ??= this.lanes.at(this.#router.addressFor(this.#slot), true);
      return this.#main;
    }
    const { slot } = unit;
    const { first } = this.lanes;
    return slot === undefined && first ? first : this.lanes.at(this.#router.addressFor(slot), false);
  }

  #follow(unit: Unit): void {
    const { kind, slot } = this.#router.follow(unit);
    if (!this.#mayFollow(unit)) {
      unit.giveUp();
      return;
    }
    unit.hops += 1;
    const moves = this.#own && kind === 'MOVED';
    if (moves) this.#slot = slot;
    this.#sendAgain(unit, moves);
  }

  #mayFollow({ hops, redirect, stateful, isBlock }: Unit): boolean {
    if (this.#over || hops >= MAX_HOPS) return false;
    if (!this.#own) return true;
    return !this.#pinned && (redirect?.kind === 'MOVED' || !stateful || isBlock);
  }

  #sendAgain(unit: Unit, leaving: boolean): void {
    this.#again.push(unit);
    this.#gated = true;
    this.#leaving ||= leaving;
  }

  /** Goes on when nothing is in flight. */
  #advance(): void {
    if (this.#inFlight.size > 0) return;
    if (this.#gated) {
      this.#gated = false;
      if (this.#leaving) this.#leave();
      const units = [...this.#again, ...this.#deferred];
      this.#again = [];
      this.#deferred = [];
      for (const unit of units) this.submit(unit);
    }
    if (!this.quiet) return;
    this.#quiet.resolve();
    this.#quiet = defer<void>();
  }

  #leave(): void {
    this.#leaving = false;
    this.#main = undefined;
    this.lanes.leave();
    this.#traveller.left();
  }

  /** The connection's own record of its state has heard of the reply before. */
  #noteState({ commands }: Unit): void {
    const note = () => {
      this.#pinned = !((this.#main?.lease as ActiveLease | undefined)?.clean ?? true);
    };
    commands.at(-1)?.promise.then(note, noop);
  }
}
