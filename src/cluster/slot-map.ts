import type { Address, ClusterPlan } from './plan.js';

const SLOTS = 16_384;

/** What one node has told of its cluster. */
export interface Chart {
  readonly ranges: readonly { readonly from: number; readonly to: number; readonly owner: Address }[];
  readonly masters: ReadonlySet<Address>;
  /** Masters and replicas. */
  readonly named: ReadonlySet<Address>;
  /** Node ids, which no other cluster has. */
  readonly ids: ReadonlySet<string>;
}

/** Who owns which slot, as far as is known. */
export class SlotMap {
  #owners: (Address | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Another one with each owner that changes. */
  version = 0;
  #ids: ReadonlySet<string> = new Set();
  masters: ReadonlySet<Address> = new Set();

  ownerOf(slot: number): Address | undefined {
    return this.#owners[slot];
  }

  /** A node has said that the slot is elsewhere. */
  moved(slot: number, to: Address): void {
    if (this.#owners[slot] !== to) this.version += 1;
    this.#owners[slot] = to;
    if (!this.masters.has(to)) this.masters = new Set([...this.masters, to]);
  }

  /** Also where no ids were told: then nobody can be known by one. */
  knows(id: string): boolean {
    return this.#ids.size === 0 || this.#ids.has(id);
  }

  /** It tells of another cluster: not one of the nodes is the same. */
  isForeign({ ids }: Chart): boolean {
    return ids.size > 0 && this.#ids.size > 0 && ![...ids].some((id) => this.#ids.has(id));
  }

  adopt({ ranges, masters, ids }: Chart): void {
    const owners = new Array<Address | undefined>(SLOTS).fill(undefined);
    for (const { from, to, owner } of ranges) owners.fill(owner, from, to + 1);
    if (owners.some((owner, slot) => owner !== this.#owners[slot])) this.version += 1;
    this.#owners = owners;
    this.masters = masters;
    this.#ids = ids;
  }
}

type NodeEntry = readonly [host: string | null, port: number, id?: string];
type SlotRange = readonly [from: number, to: number, master: NodeEntry, ...replicas: NodeEntry[]];

/** Reads a reply to CLUSTER SLOTS; undefined if it tells of nothing: who answered belongs to no cluster. */
export function readChart(reply: unknown, askedHost: string, plan: ClusterPlan): Chart | undefined {
  const slots = ((Array.isArray(reply) ? reply : []) as SlotRange[]).filter(([, , master]) =>
    isPlace(master),
  );
  if (slots.length === 0) return undefined;
  const locate = ([host, port]: NodeEntry) => plan.locate(known(host) ?? askedHost, port);
  const ranges = slots.map(([from, to, master]) => ({ from, to, owner: locate(master) }));
  const entries = slots.flatMap(([, , ...nodes]) => nodes.filter(isPlace));
  return {
    ranges,
    masters: new Set(ranges.map(({ owner }) => owner)),
    named: new Set(entries.map(locate)),
    ids: new Set(entries.flatMap(([, , id]) => id ?? [])),
  };
}

/** One that its cluster has lost is named without a port (redis/ioredis#1025). */
function isPlace([, port]: NodeEntry): boolean {
  return port > 0;
}

/** A node that does not know its own address, or does not tell, is where it was asked. */
export function known(host: string | null): string | undefined {
  return host === null || host === '' || host === '?' ? undefined : host;
}
