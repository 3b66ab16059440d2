import type { Keyspace } from './keyspace.js';
import { type Bytes, Failure } from './resp.js';

export const SLOTS = 16_384;
const NOBODY = 255;

/** A node, as others name it. */
export interface Member {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export interface Shard {
  readonly master: Member;
  readonly replicas: readonly Member[];
}

/** CRC16 as XMODEM has it, of what stands in the first braces, if anything does. */
export function slotOf(key: Bytes): number {
  const [, tag] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  const text = tag ?? key;
  let crc = 0;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at) << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc & (SLOTS - 1);
}

/** Who owns what. Never changed, so that all who believe it can share it. */
export class Chart {
  #ranges: readonly (readonly [from: number, to: number, shard: Shard])[] | undefined;

  constructor(
    readonly shards: readonly Shard[],
    /** Of each slot the place of its shard among them. */
    readonly owners: Uint8Array,
  ) {}

  /** Each shard has an equal part of the slots. */
  static even(shards: readonly Shard[]): Chart {
    const owners = new Uint8Array(SLOTS);
    for (const index of shards.keys())
      owners.fill(
        index,
        Math.floor((index * SLOTS) / shards.length),
        Math.floor(((index + 1) * SLOTS) / shards.length),
      );
    return new Chart(shards, owners);
  }

  /** What a node believes that knows nobody. */
  static empty(): Chart {
    return new Chart([], new Uint8Array(SLOTS).fill(NOBODY));
  }

  shardOf(slot: number): Shard | undefined {
    return this.shards[this.owners[slot] as number];
  }

  get ranges() {
    this.#ranges ??= this.#read();
    return this.#ranges;
  }

  withShards(shards: readonly Shard[]): Chart {
    return new Chart(shards, this.owners);
  }

  /** These slots belong to another shard. */
  withOwner(slots: Iterable<number>, shard: number): Chart {
    const owners = this.owners.slice();
    for (const slot of slots) owners[slot] = shard;
    return new Chart(this.shards, owners);
  }

  /** One shard is no more, and another one has its slots. */
  without(gone: number, heir: number): Chart {
    const place = (shard: number) => (shard > gone && shard !== NOBODY ? shard - 1 : shard);
    const owners = this.owners.map((shard) => place(shard === gone ? heir : shard));
    return new Chart(
      this.shards.filter((_, index) => index !== gone),
      owners,
    );
  }

  #read(): readonly (readonly [number, number, Shard])[] {
    const ranges: [number, number, Shard][] = [];
    for (let from = 0, to = 0; from < SLOTS; from = to + 1) {
      for (to = from; to + 1 < SLOTS && this.owners[to + 1] === this.owners[from]; ) to += 1;
      const shard = this.shardOf(from);
      if (shard) ranges.push([from, to, shard]);
    }
    return ranges;
  }
}

/** What a node knows of its cluster. */
export interface Membership {
  readonly me: Member;
  chart: Chart;
  /** Some of the slots are served by nobody, so none is. */
  down: boolean;
  /** Slots that leave, key by key, and where to. */
  readonly migrating: Map<number, Member>;
  /** Slots of which keys arrive. */
  readonly importing: Set<number>;
}

export function newMembership(me: Member, chart: Chart): Membership {
  return { me, chart, down: false, migrating: new Map(), importing: new Set() };
}

const DOWN = new Failure('CLUSTERDOWN The cluster is down');
const UNBOUND = new Failure('CLUSTERDOWN Hash slot not served');
const CROSSSLOT = new Failure("CROSSSLOT Keys in request don't hash to the same slot");
const TRYAGAIN = new Failure('TRYAGAIN Multiple keys request during rehashing of slot');

const redirect = (kind: 'MOVED' | 'ASK', slot: number, { host, port }: Member) =>
  new Failure(`${kind} ${slot} ${host}:${port}`);

/** What is asked of a node. */
export interface Request {
  /** In the order in which they were given. */
  readonly keys: readonly Bytes[];
  /** They are channels, which need not be there. */
  readonly ofChannels: boolean;
  readonly asking: boolean;
  /** It reads, and its connection has said that a replica will do. */
  readonly mayBeOld: boolean;
}

/** Why a node does not do it; undefined where it does. */
export function refusalOfNode(node: Membership, request: Request, data: Keyspace): Failure | undefined {
  const { keys, ofChannels, asking, mayBeOld } = request;
  const [first] = keys;
  if (first === undefined) return undefined;
  const { me, chart, down } = node;
  const slot = slotOf(first);
  const shard = chart.shardOf(slot);
  if (!shard) return UNBOUND;
  if (keys.some((key) => slotOf(key) !== slot)) return CROSSSLOT;
  if (down && !ofChannels) return DOWN;
  const isMine = shard.master.id === me.id;
  const target = isMine ? node.migrating.get(slot) : undefined;
  const missing = ofChannels ? 0 : keys.filter((key) => data.get(key) === undefined).length;
  if (target && missing > 0) return missing < keys.length ? TRYAGAIN : redirect('ASK', slot, target);
  if (!target && asking && node.importing.has(slot))
    return missing > 0 && keys.some((key) => key !== first) ? TRYAGAIN : undefined;
  if (isMine || (mayBeOld && shard.replicas.some(({ id }) => id === me.id))) return undefined;
  return redirect('MOVED', slot, shard.master);
}

/** Why somebody who waits for keys of this slot waits in vain; undefined where not. */
export function refusalOfWait({ me, chart, down, importing }: Membership, slot: number): Failure | undefined {
  if (down) return DOWN;
  const shard = chart.shardOf(slot);
  if (shard?.master.id === me.id || importing.has(slot)) return undefined;
  return shard ? redirect('MOVED', slot, shard.master) : UNBOUND;
}
