import type { Connection } from '../connection/connection.js';
import type { Clock } from '../core/clock.js';
import { ClosedError } from '../core/errors.js';
import { noop } from '../core/outcome.js';
import { Lane } from './lane.js';
import type { Address } from './plan.js';
import { RouteClaim } from './route-claim.js';
import { inCallersWords, type NodeLease, type Router } from './router.js';
import { ScanPlaces } from './scan-places.js';
import type { Unit } from './unit.js';

/** The scope whose lanes they are. */
export interface LaneUser {
  readonly label: string | undefined;
  readonly acquireTimeoutMs: number;
  lost(): void;
}

/** Who sends on them. */
export interface LaneSetEvents {
  /** Called before what waited for the connection is sent on it. */
  opened(lane: Lane, lease: NodeLease): void;
  /** The connection cannot be had. Resolves when what waited for it has been seen to. */
  failed(lane: Lane, error: unknown, claim: RouteClaim): Promise<void>;
}

/** The connections that one scope has to the nodes of a cluster, and those that it waits for. */
export class LaneSet {
  readonly #router: Router;
  readonly #clock: Clock;
  readonly #user: LaneUser;
  readonly #events: LaneSetEvents;
  readonly #lanes = new Map<Address, Lane>();
  readonly #scans = new ScanPlaces();
  /** Connections that were lost before they were left. Of others nothing more is told: what they were sent is answered. */
  #lost: Connection[] | undefined;
  /** Lanes that are being opened or left. */
  #underWay: Set<Promise<void>> | undefined;

  constructor(router: Router, clock: Clock, user: LaneUser, events: LaneSetEvents) {
    this.#router = router;
    this.#clock = clock;
    this.#user = user;
    this.#events = events;
  }

  /** Those that a command may have been lost with. */
  get connections(): readonly Connection[] {
    const open = [...this.#lanes.values()].flatMap(({ lease }) => lease?.connection ?? []);
    return [...open, ...(this.#lost ?? [])];
  }

  get first(): Lane | undefined {
    const [first] = this.#lanes.values();
    return first;
  }

  /**
   * The lane to a node, opened if need be: alone or together with other scopes.
   *
   * @param lease What is open already, to be taken over.
   * @param gone Nobody is to be dialled there.
   */
  at(address: Address, own: boolean, lease?: NodeLease, gone = false): Lane {
    let lane = this.#lanes.get(address);
    if (!lane) {
      lane = new Lane(address, this);
      this.#lanes.set(address, lane);
      if (lease) this.#adopt(lane, lease);
      else this.#await(this.#open(lane, own, gone));
    }
    return lane;
  }

  /** Of a scan that goes on; undefined where the unit is no page of such a one. */
  forPage(unit: Unit, own: boolean): Lane | undefined {
    const address = this.#scans.before(unit);
    if (address === undefined) return undefined;
    unit.bound = true;
    return this.at(address, own, undefined, !this.#router.topology.masters.has(address));
  }

  /** For what is sent again, when nothing is in flight: not over a connection that has turned out to be of no use. */
  afresh(address: Address): Lane {
    const lane = this.#lanes.get(address);
    if (lane?.lease?.connection.flaw) this.#leave([lane]);
    return this.at(address, false);
  }

  /** The server at the other end is not the one at that address any more. */
  disown(address: Address): void {
    this.#lanes.get(address)?.lease?.connection.disown();
  }

  remove({ address }: Lane): void {
    this.#lanes.delete(address);
  }

  /** Gives all of them back, and others may be opened instead. */
  leave(): void {
    this.#leave([...this.#lanes.values()]);
  }

  /** Ends all of them. A promise where that takes time; it resolves when nothing is held any more. */
  end(
    error: () => unknown,
    end: (lease: NodeLease) => Promise<void> | undefined,
  ): Promise<unknown> | undefined {
    for (const lane of this.#lanes.values()) {
      lane.claim?.stop(error(), 'closed');
      for (const unit of lane.takeWaiting()) unit.fail(error());
      const ending = lane.lease && end(lane.lease);
      if (ending) this.#await(ending);
    }
    return this.#underWay?.size ? Promise.all(this.#underWay) : undefined;
  }

  /** Those that do not answer perhaps never will, and somebody else has taken over. */
  suspectTheSilent(): void {
    for (const { address, lease } of this.#lanes.values()) {
      if (lease && lease.connection.unanswered > 0) this.#router.topology.suspect(address);
    }
  }

  /** The connection of one of them. */
  lost({ address }: Lane): void {
    this.#router.topology.suspect(address);
    this.#user.lost();
  }

  #leave(lanes: readonly Lane[]): void {
    for (const lane of lanes) {
      this.remove(lane);
      const { lease } = lane;
      if (lease?.connection.flaw === 'lost') this.#lost = [...(this.#lost ?? []), lease.connection];
      this.#await(Promise.resolve(lease?.release()));
    }
  }

  async #open(lane: Lane, own: boolean, gone: boolean): Promise<void> {
    const { label, acquireTimeoutMs } = this.#user;
    const claim = new RouteClaim(label, acquireTimeoutMs, this.#clock.now(), own);
    lane.claim = claim;
    try {
      if (gone) throw inCallersWords(new ClosedError(''), lane.address);
      const { lease } = await this.#router.lend(lane.address, own, claim);
      if (claim.stopped) await lease.release();
      else this.#adopt(lane, lease);
    } catch (error) {
      await this.#events.failed(lane, error, claim);
    } finally {
      lane.claim = undefined;
    }
  }

  #adopt(lane: Lane, lease: NodeLease): void {
    lease.holder = lane;
    this.#events.opened(lane, lease);
    lane.opened(lease);
  }

  #await(ending: Promise<unknown>): void {
    this.#underWay ??= new Set();
    const ended: Promise<void> = ending.then(noop, noop).finally(() => this.#underWay?.delete(ended));
    this.#underWay.add(ended);
  }
}
