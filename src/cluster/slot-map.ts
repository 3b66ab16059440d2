import type { Address, ClusterPlan } from './plan.js';

const SLOTS = 16_384;

/** Who owns which slot, as far as is known. */
export class SlotMap {
  readonly #owners: (Address | undefined)[] = new Array(SLOTS);
  masters: ReadonlySet<Address> = new Set();

  ownerOf(slot: number): Address | undefined {
    return this.#owners[slot];
  }

  /** A node has said that the slot is elsewhere. */
  moved(slot: number, to: Address): void {
    this.#owners[slot] = to;
    this.masters = new Set([...this.masters, to]);
  }

  /** Takes over what CLUSTER SLOTS tells. False if it tells of nothing: who answered belongs to no cluster. */
  read(reply: unknown, askedHost: string, plan: ClusterPlan): boolean {
    const ranges = (Array.isArray(reply) ? reply : []) as SlotRange[];
    if (ranges.length === 0) return false;
    this.#owners.fill(undefined);
    const masters = new Set<Address>();
    for (const [from, to, [host, port]] of ranges) {
      const address = plan.locate(known(host) ?? askedHost, port);
      masters.add(address);
      this.#owners.fill(address, from, to + 1);
    }
    this.masters = masters;
    return true;
  }
}

type SlotRange = readonly [from: number, to: number, master: readonly [host: string | null, port: number]];

/** A node that does not know its own address, or does not tell, is where it was asked. */
function known(host: string | null): string | undefined {
  return host === null || host === '' || host === '?' ? undefined : host;
}
