import { Chart, type Member, type Membership, type Shard, SLOTS, slotOf } from '../redis/cluster.js';
import type { Keyspace } from '../redis/keyspace.js';
import type { Cluster } from './cluster.js';
import type { ServerEvent } from './program.js';

/** How long nodes take to see that one is dead, and then to vote for its replica; and a deposed master to see that it is alone. */
const DETECTION_MS = 300;
const ELECTION_MS = 700;
const LONELY_MS = 1_000;
const MOST_SHARDS = 4;

type Reshape = (cluster: Cluster, at: number) => void;

const dataOf = (cluster: Cluster, member: Member): Keyspace => cluster.serverOf(member).state.database(0);
const nodeOf = (cluster: Cluster, member: Member) => cluster.serverOf(member).state.cluster as Membership;

const replaced = (shards: readonly Shard[], index: number, shard: Shard) =>
  shards.map((each, at) => (at === index ? shard : each));

/** The upper half of what a shard owns. */
function half(chart: Chart, index: number): number[] {
  const owned: number[] = [];
  for (let slot = 0; slot < SLOTS; slot++) if (chart.owners[slot] === index) owned.push(slot);
  return owned.slice(owned.length >> 1);
}

/** The chart in which a shard is led by its replica, if it has one. */
function takeover(
  cluster: Cluster,
  index: number,
): { readonly chart: Chart; readonly next: Member } | undefined {
  const { master, replicas } = cluster.chart.shards[index] as Shard;
  const [next, ...others] = replicas;
  if (!next) return undefined;
  const shard = { master: next, replicas: [...others, master] };
  return { chart: cluster.chart.withShards(replaced(cluster.chart.shards, index, shard)), next };
}

function promote(cluster: Cluster, index: number): void {
  const taken = takeover(cluster, index);
  if (!taken) return;
  const { master } = cluster.chart.shards[index] as Shard;
  dataOf(cluster, taken.next).take(dataOf(cluster, master));
  cluster.enact(taken.chart, master, taken.next);
}

/** A master dies or hangs, and after a while its replica takes over. */
function fail(cluster: Cluster, at: number, how: 'stop' | 'pause'): void {
  const [index, { master, replicas }] = cluster.shardAt(at);
  if (replicas.length === 0) return;
  cluster.serverOf(master)[how]();
  cluster.later(DETECTION_MS, () => {
    for (const member of cluster.members)
      if (member !== master) cluster.serverOf(member).hear(cluster.chart, true);
  });
  cluster.later(ELECTION_MS, () => promote(cluster, index));
}

/** Another one takes over from a master that lives, and does not hear of it; what is written there is lost. */
function depose(cluster: Cluster, at: number): void {
  const [index, { master }] = cluster.shardAt(at);
  const taken = takeover(cluster, index);
  if (!taken) return;
  const before = cluster.chart;
  dataOf(cluster, taken.next).take(dataOf(cluster, master), undefined, true);
  cluster.ground.dataWasLost = true;
  const others = cluster.members.filter((member) => member !== master);
  cluster.chart = taken.chart;
  for (const member of others) cluster.serverOf(member).hear(taken.chart);
  cluster.later(LONELY_MS, () => cluster.serverOf(master).hear(before, true));
  cluster.later(Number.POSITIVE_INFINITY, () => dataOf(cluster, master).clear());
}

/** Slots leave for another shard, and half of their keys have left: the rest goes when all is to be well. */
function migrate(cluster: Cluster, at: number): void {
  const { chart } = cluster;
  if (chart.shards.length < 2) return;
  const [index, { master }] = cluster.shardAt(at);
  const [toIndex, { master: to }] = cluster.shardAt(at + 1);
  const slots = new Set(half(chart, index));
  for (const slot of slots) {
    nodeOf(cluster, master).migrating.set(slot, to);
    nodeOf(cluster, to).importing.add(slot);
  }
  const leaving = (from: Member) =>
    dataOf(cluster, from)
      .keys()
      .filter((key) => slots.has(slotOf(key)));
  dataOf(cluster, to).take(
    dataOf(cluster, master),
    leaving(master).filter((_, place) => place % 2 === 0),
  );
  cluster.later(Number.POSITIVE_INFINITY, () => {
    const { master: from } = cluster.chart.shards[index] as Shard;
    dataOf(cluster, to).take(dataOf(cluster, from), leaving(from));
    nodeOf(cluster, master).migrating.clear();
    nodeOf(cluster, to).importing.clear();
    cluster.enact(cluster.chart.withOwner(slots, toIndex), from, to);
  });
}

/** A master fails over when half of the keys have left: its replica has not heard of that, and misses them. */
function promoteMidway(cluster: Cluster, at: number): void {
  migrate(cluster, at);
  cluster.ground.dataWasLost = true;
  promote(cluster, cluster.shardAt(at)[0]);
}

/** Nobody serves anything, or one node believes so. */
function goDown(cluster: Cluster, at: number): void {
  const { members, chart } = cluster;
  for (const member of at % 2 ? [members[at % members.length] as Member] : members)
    cluster.serverOf(member).hear(chart, true);
}

/** A master gives its slots away, and is taken out: it knows nobody any more, and lives on. Undefined where that cannot be. */
function forget(cluster: Cluster, at: number): Member | undefined {
  const { chart } = cluster;
  const [index, { master, replicas }] = cluster.shardAt(at);
  if (chart.shards.length < 2 || cluster.isAnchor(master) || !cluster.isKnown) return undefined;
  const [heirIndex, heir] = cluster.shardAt(at + 1);
  dataOf(cluster, heir.master).take(dataOf(cluster, master));
  const shards = replaced(chart.shards, heirIndex, { ...heir, replicas: [...heir.replicas, ...replicas] });
  cluster.enact(chart.withShards(shards).without(index, heirIndex), heir.master);
  cluster.serverOf(master).hear(Chart.empty());
  return master;
}

/** A node that was taken out belongs to another cluster from then on, or its address does, and nobody tells. */
function estrange(cluster: Cluster, at: number, isAnother: boolean): void {
  const [, { master }] = cluster.shardAt(at);
  if (cluster.isSeed(master) || !forget(cluster, at)) return;
  cluster.ground.dataWasLost = true;
  dataOf(cluster, master).clear();
  cluster.estrange(master, isAnother);
}

/** A new master comes, and gets half of what another one has. */
function join(cluster: Cluster, at: number): void {
  const { chart } = cluster;
  if (chart.shards.length >= MOST_SHARDS) return;
  const [index, { master: from }] = cluster.shardAt(at);
  const shard = { master: cluster.build(), replicas: [cluster.build()] };
  const slots = new Set(half(chart, index));
  const moving = dataOf(cluster, from)
    .keys()
    .filter((key) => slots.has(slotOf(key)));
  dataOf(cluster, shard.master).take(dataOf(cluster, from), moving);
  const shards = [...chart.shards, shard];
  cluster.enact(chart.withShards(shards).withOwner(slots, shards.length - 1), from, shard.master);
}

/** New nodes at new addresses take the places of these, which end. */
function replace(cluster: Cluster, leaving: readonly Member[]): void {
  if (!cluster.isKnown) return;
  const heirs = new Map<Member, Member>();
  for (const member of leaving) if (!cluster.isAnchor(member)) heirs.set(member, cluster.build());
  const heirOf = (member: Member) => heirs.get(member) ?? member;
  for (const [member, heir] of heirs) dataOf(cluster, heir).take(dataOf(cluster, member));
  const shards = cluster.chart.shards.map(({ master, replicas }) => ({
    master: heirOf(master),
    replicas: replicas.map(heirOf),
  }));
  cluster.enact(cluster.chart.withShards(shards), ...heirs.values());
  for (const member of heirs.keys()) cluster.remove(member);
}

/** What changes who owns what, or what nodes believe of that. */
export const RESHAPING: { readonly [event in ServerEvent]?: Reshape } = {
  'fail over': (cluster, at) => promote(cluster, cluster.shardAt(at)[0]),
  die: (cluster, at) => fail(cluster, at, 'stop'),
  hang: (cluster, at) => fail(cluster, at, 'pause'),
  depose,
  migrate,
  'fail over midway': promoteMidway,
  'cluster down': goDown,
  forget,
  join,
  replace: (cluster, at) => replace(cluster, [cluster.shardAt(at)[1].master]),
  'replace all': (cluster) => replace(cluster, cluster.members),
  usurp: (cluster, at) => estrange(cluster, at, true),
  desert: (cluster, at) => estrange(cluster, at, false),
};
