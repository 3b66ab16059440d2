import { ClosedError, ConnectError } from '../core/errors.js';
import type { ExclusiveLease } from '../lease/exclusive-lease.js';
import type { SharedLease } from '../lease/shared-lease.js';
import { giveBackUnused } from '../lease/unused.js';
import type { Borrowed } from '../server/backend.js';
import { KeyPlaces, keysApart } from './key-places.js';
import type { Nodes } from './nodes.js';
import { type Address, type ClusterPlan, dialled } from './plan.js';
import type { RouteClaim } from './route-claim.js';
import { known } from './slot-map.js';
import type { Topology } from './topology.js';
import type { Redirect, Unit } from './unit.js';

/** What a scope does with a node: it has a connection for itself, or shares one. */
export type NodeLease = ExclusiveLease | SharedLease;

export interface Place {
  readonly address: Address;
  readonly lease: NodeLease;
}

const NOWHERE: ReadonlySet<Address> = new Set();

/** Finds the node for a slot and gets a connection to it. */
export class Router {
  readonly #nodes: Nodes;
  readonly #keyPlaces = new KeyPlaces();
  /** Where goes what any master can answer. */
  #any: Address | undefined;

  constructor(
    readonly topology: Topology,
    nodes: Nodes,
    readonly plan: ClusterPlan,
  ) {
    this.#nodes = nodes;
  }

  /** A connection to the owner of `slot`, or to any master; follows where the owner changes while it is waited for. */
  open(slot: number | undefined, own: boolean, claim: RouteClaim): Borrowed<Place> {
    if (!this.topology.known) return this.#search(slot, own, claim);
    const address = this.addressFor(slot);
    return this.lend(address, own, claim, (error) => this.#search(slot, own, claim, { address, error }));
  }

  /** @param otherwise Called where the node has no connection to lend. */
  lend(
    address: Address,
    own: boolean,
    claim: RouteClaim,
    otherwise?: (error: unknown) => Promise<Place>,
  ): Borrowed<Place> {
    this.topology.renew();
    const server = this.#nodes.serverAt(address);
    const { since } = claim;
    const lease = own ? server.borrowOwn(claim, since) : server.borrowShared(claim, since);
    return lease instanceof Promise
      ? lease.then((granted) => placeUnlessStopped(address, granted, claim), otherwise)
      : placeUnlessStopped(address, lease, claim);
  }

  /**
   * The owner; where nobody is known to own it any master, who knows better. One with an open shared connection first, and
   * from then on the same one: each page of a scan may be asked for in a scope of its own.
   */
  addressFor(slot: number | undefined, avoid = NOWHERE): Address {
    const owner = slot === undefined ? undefined : this.topology.ownerOf(slot);
    if (owner !== undefined) return owner;
    const masters = [...this.topology.masters];
    const rest = masters.filter((address) => !avoid.has(address));
    const before = rest.find((address) => address === this.#any);
    const open = before ?? rest.find((address) => this.#nodes.at(address)?.shared.current);
    this.#any = (open ?? rest[0] ?? masters[0]) as Address;
    return this.#any;
  }

  async #search(
    slot: number | undefined,
    own: boolean,
    claim: RouteClaim,
    failed?: { readonly address: Address; readonly error: unknown },
  ): Promise<Place> {
    const avoid = new Set<Address>();
    for (let hops = 0; ; ) {
      if (failed) {
        const { address, error } = failed;
        avoid.add(address);
        const reason =
          hops < this.plan.maxHops
            ? await this.whyNowhere(slot, address, error, claim, avoid)
            : inCallersWords(error, address);
        claim.check();
        if (reason !== undefined) throw reason;
        hops += 1;
      }
      if (!this.topology.known) await this.topology.refresh(claim, claim.since);
      claim.check();
      const address = this.addressFor(slot, avoid);
      try {
        return await this.lend(address, own, claim);
      } catch (error) {
        failed = { address, error };
      }
    }
  }

  /** What a unit is about: as a server has said, else as its first key tells. */
  slotOf({ told, first }: Unit): number | undefined {
    if (told !== undefined) return told;
    for (let part = first; part; part = part.next) {
      const slot = this.#keyPlaces.slotOf(part.command);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  /** Learns from what a server has answered, and tells where to go with it; throws where there is no such place. */
  follow(unit: Unit): void {
    const { kind, slot, host, port } = unit.redirect as Redirect;
    unit.target = this.plan.locate(known(host) ?? dialled(unit.at).host, port);
    const toldBefore = unit.told ?? slot;
    unit.told = slot;
    if (unit.refused) this.#keyPlaces.learn(unit.refused, slot);
    if (kind === 'MOVED') this.topology.moved(slot, unit.target);
    // No node would execute it, and each says so of another of its commands.
    if (slot !== toldBefore) throw keysApart();
  }

  /** Why what failed at a node cannot be had at another one now; undefined where it can. */
  async whyNowhere(
    slot: number | undefined,
    address: Address,
    error: unknown,
    claim: RouteClaim,
    avoid?: ReadonlySet<Address>,
  ): Promise<unknown> {
    this.topology.suspect(address);
    if (address === this.#any) this.#any = undefined;
    // The node has left the cluster, which is no reason that a caller could understand.
    const hasLeft = error instanceof ClosedError;
    if (claim.stopped || !(error instanceof ConnectError || hasLeft)) return error;
    try {
      await this.topology.refresh(claim, claim.since);
    } catch (reason) {
      return hasLeft ? reason : error;
    }
    return hasLeft || this.addressFor(slot, avoid) !== address ? undefined : error;
  }
}

/** As a caller can understand it. That a node's server is closed means that the node has left the cluster. */
export function inCallersWords(error: unknown, address: Address): unknown {
  if (!(error instanceof ClosedError)) return error;
  return new ConnectError(address, false, { cause: new Error('it is no master any more') });
}

function placeUnlessStopped(address: Address, lease: NodeLease, { stopped }: RouteClaim): Borrowed<Place> {
  // The scope tells of itself.
  lease.silent = true;
  return stopped ? giveBackUnused(lease, stopped) : { address, lease };
}
