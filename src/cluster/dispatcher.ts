import { ConnectionState } from '../connection/connection-state.js';
import type { Clock } from '../core/clock.js';
import { Gate, type GateKeeper } from './gate.js';
import type { Lane } from './lane.js';
import { LaneSet, type LaneSetEvents, type LaneUser } from './lane-set.js';
import type { RouteClaim } from './route-claim.js';
import { inCallersWords, type NodeLease, type Place, type Router } from './router.js';
import { cursorLost } from './scan-places.js';
import type { Unit, UnitOwner } from './unit.js';

/** The scope that the commands are of. */
export interface Traveller extends LaneUser {
  /** It has a connection of its own now, or another one than before. */
  arrived(lease: NodeLease): void;
  /** It has left all connections that it had. */
  left(): void;
}

/**
 * Brings the commands of one scope to the nodes that own what they are about: over one connection of its own, or over
 * shared ones.
 */
export class Dispatcher implements LaneSetEvents, GateKeeper, UnitOwner {
  readonly lanes: LaneSet;
  readonly gate: Gate;
  readonly #router: Router;
  readonly #traveller: Traveller;
  #own: boolean;
  #slot: number | undefined;
  #main: Lane | undefined;
  /** It is to have a connection of its own when the gate opens. */
  #turning = false;
  /** Of the map by which was sent what is in flight. */
  #version = 0;
  /** What servers say that the own connection remembers: it cannot be taken along to another node. */
  #memory: ConnectionState | undefined;

  constructor(router: Router, clock: Clock, traveller: Traveller, own: boolean, slot: number | undefined) {
    this.#router = router;
    this.#traveller = traveller;
    this.#own = own;
    this.#slot = slot;
    this.lanes = new LaneSet(router, clock, traveller, this);
    this.gate = new Gate(clock, this);
  }

  /** The scope has a connection of its own, or is to get one. */
  get own(): boolean {
    return this.#own || this.#turning;
  }

  /** Nothing that the own connection remembers would be left behind with it. */
  get #clean(): boolean {
    return this.#memory?.clean ?? true;
  }

  begin({ address, lease }: Place): void {
    const lane = this.lanes.at(address, this.#own, lease);
    if (this.#own) this.#main = lane;
  }

  /** From here on the scope has a connection of its own, to the owner of `slot`; `unit` is the first to use it. */
  turnOwn(unit: Unit, slot: number | undefined): void {
    this.#turning = true;
    this.#slot = slot;
    this.gate.hold(unit);
    this.gate.advance();
  }

  pass(unit: Unit): void {
    // What was sent behind it may have been answered since, and cannot be taken along.
    if (unit.redirect && !this.#clean) {
      this.gate.leave();
      this.#giveUp(unit);
    } else (this.lanes.forPage(unit, this.#own) ?? this.#laneFor(unit)).submit(unit);
  }

  /** By another map what is about the same slot could go to another node, and be there first. */
  admits(alone: boolean): boolean {
    const { version } = this.#router.topology;
    if (alone) this.#version = version;
    return this.#own || this.#version === version;
  }

  done(unit: Unit): void {
    this.gate.leave();
    if (this.#own) this.#remember(unit);
    if (unit.doubtful) this.#router.topology.doubt(unit.at);
    if (unit.redirect) this.#follow(unit);
    this.gate.advance();
  }

  /** Nothing is sent any more; what has not been is refused. */
  end(
    error: () => unknown,
    end: (lease: NodeLease) => Promise<void> | undefined,
  ): Promise<unknown> | undefined {
    this.gate.end(error);
    return this.lanes.end(error, end);
  }

  /** One's own connection leads to one place at a time. */
  suits({ redirect, target }: Unit, first: Unit): boolean {
    return !this.#own || (redirect?.kind === first.redirect?.kind && target === first.target);
  }

  opens(again: Unit | undefined): void {
    // What was sent before it turned goes where others go too.
    if (again ? !this.#own || again.redirect?.kind !== 'MOVED' : !this.#turning) return;
    if (!this.#clean) return;
    this.#turning = false;
    if (again) this.#slot = again.told;
    this.#own = true;
    this.#main = undefined;
    this.#memory = undefined;
    this.lanes.leave();
    this.#traveller.left();
  }

  opened(lane: Lane, lease: NodeLease): void {
    if (lane === this.#main) this.#traveller.arrived(lease);
  }

  /** What waited for a connection that cannot be had goes elsewhere, if there is an elsewhere. */
  async failed(lane: Lane, error: unknown, claim: RouteClaim): Promise<void> {
    const { firstWaiting } = lane;
    const slot = this.#own ? this.#slot : firstWaiting && this.#router.slotOf(firstWaiting);
    let reason = await this.#router.whyNowhere(slot, lane.address, error, claim);
    this.lanes.remove(lane);
    const waiting = lane.takeWaiting();
    const isLastHop = waiting.some(({ hops }) => hops >= this.#router.plan.maxHops);
    if (isLastHop) reason ??= inCallersWords(error, lane.address);
    if (lane === this.#main) {
      this.#main = undefined;
      // What needs one connection goes elsewhere as a whole or not at all, and nothing follows a MULTI that did not.
      if (reason !== undefined) this.gate.end(() => reason);
    }
    for (const unit of waiting) {
      this.gate.leave();
      unit.hops += 1;
      // Where it was redirected to is not there; the map may tell of another place by now.
      unit.redirect = undefined;
      if (reason === undefined && !unit.bound) unit.run(() => this.gate.enter(unit));
      else unit.fail(reason ?? cursorLost(lane.address, error));
    }
    this.gate.advance();
  }

  #laneFor(unit: Unit): Lane {
    const { redirect, target } = unit;
    if (redirect?.kind === 'ASK') return this.lanes.at(target, this.#own);
    // Where a server has said, whatever an older answer makes the map believe meanwhile.
    if (this.#own) {
      this.#main ??= this.lanes.at(redirect ? target : this.#router.addressFor(this.#slot), true);
      return this.#main;
    }
    if (redirect) return this.lanes.afresh(target);
    const slot = this.#router.slotOf(unit);
    const { first } = this.lanes;
    return slot === undefined && first ? first : this.lanes.at(this.#router.addressFor(slot), false);
  }

  #follow(unit: Unit): void {
    try {
      this.#router.follow(unit);
    } catch (error) {
      // Among others, `natMap` is foreign.
      unit.barred = error;
    }
    if (unit.target === unit.at) this.lanes.disown(unit.at);
    if (!this.#mayFollow(unit)) {
      this.#giveUp(unit);
      return;
    }
    unit.hops += 1;
    this.gate.hold(unit);
  }

  #mayFollow({ hops, redirect, stateful, isBlock, barred }: Unit): boolean {
    // Without ASKING it would be sent to and fro.
    if (barred !== undefined || this.gate.over || hops >= this.#router.plan.maxHops) return false;
    if (!this.#own) return true;
    return this.#clean && (redirect?.kind === 'MOVED' || !stateful || isBlock);
  }

  /** What came after a WATCH that is not taken elsewhere relied on it, as on one that was refused. */
  #giveUp(unit: Unit): void {
    unit.giveUp();
    if (this.#own) this.#remember(unit);
  }

  /** Answer by answer, so that what is told in the same moment to go elsewhere finds all of it. */
  #remember(unit: Unit): void {
    for (const answer of unit.answered ?? []) {
      this.#memory ??= new ConnectionState();
      this.#memory.noteAnswered(answer);
    }
    unit.answered = undefined;
  }
}
