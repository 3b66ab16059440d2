import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from './free-port.js';
import { observeRedis, type RedisClientRow, type RedisObserver } from './redis-observer.js';
import { type RedisServer, startRedisServer } from './redis-server.js';

export const SLOTS = 16_384;

export interface ClusterNode {
  readonly server: RedisServer;
  readonly observer: RedisObserver;
  readonly id: string;
  readonly address: string;
}

export interface RedisCluster {
  /** What an application is told. */
  readonly seeds: { readonly host: string; readonly port: number }[];
  /** The first three begin as masters, with a replica each. */
  readonly nodes: readonly ClusterNode[];
  /** Who serves the slot now, as most of the living say. */
  masterOf(slot: number): Promise<ClusterNode>;
  /** Waits until most of the living say that somebody else serves the slot: a client may hear of it before they all do. */
  successorOf(former: ClusterNode, slot: number): Promise<ClusterNode>;
  /** Our clients at each living node, by name: those of replication and migration have none. */
  clients(): Promise<RedisClientRow[][]>;
  /** Moves a slot and its keys, one key at a time. `pauseMs`: the wait between the steps. */
  migrate(slot: number, to: ClusterNode, pauseMs?: number): Promise<void>;
  /** Moves a slot half way: its owner answers ASK for what it does not hold. Returns what completes it. */
  beginMigration(slot: number, to: ClusterNode): Promise<() => Promise<void>>;
  /** Waits until every living node agrees that all slots are served. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisClusterOptions {
  readonly masters?: number;
  readonly replicas?: boolean;
  /** After how long a silent node counts as dead. */
  readonly nodeTimeoutMs?: number;
}

/** Real nodes on loopback ports, joined and ready. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicas = true, nodeTimeoutMs = 1_000 } = options;
  const count = replicas ? masters * 2 : masters;
  const started = Array.from({ length: count }, () => startNode(nodeTimeoutMs));
  const nodes = await Promise.all(started.map(async (node) => (await node).node));
  try {
    await join(await Promise.all(started), masters);
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  return operations(nodes);
}

interface Started {
  readonly node: ClusterNode;
  readonly busPort: number;
}

const PORT_RACES = 5;

/** The port of the bus may be taken by the time that the server binds it, and only here it can be another one. */
async function startNode(nodeTimeoutMs: number): Promise<Started> {
  for (let race = 1; ; race += 1) {
    try {
      return await startNodeOn(await findFreePort(), nodeTimeoutMs);
    } catch (error) {
      if (!String(error).includes('Address already in use') || race === PORT_RACES) throw error;
    }
  }
}

async function startNodeOn(busPort: number, nodeTimeoutMs: number): Promise<Started> {
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const server = await startRedisServer({
    args: [...args, '--cluster-node-timeout', String(nodeTimeoutMs), '--repl-diskless-sync-delay', '0'],
  });
  const observer = await observeRedis(server.url);
  const id = String(await observer.command('CLUSTER', 'MYID'));
  return { node: { server, observer, id, address: `${server.host}:${server.port}` }, busPort };
}

async function join(started: readonly Started[], masters: number): Promise<void> {
  const [first] = started as [Started];
  await Promise.all(
    started.slice(0, masters).map(({ node }, index) => {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / masters)) as [
        number,
        number,
      ];
      return node.observer.command('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
    }),
  );
  // Masters that begin with the same epoch settle that later on, and may lose a slot that has just moved over it.
  await Promise.all(
    started.map(({ node }, index) => node.observer.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)),
  );
  for (const { node, busPort } of started.slice(1)) {
    const { host, port } = node.server;
    await first.node.observer.command('CLUSTER', 'MEET', host, port, busPort);
  }
  const nodes = started.map(({ node }) => node);
  await until('all nodes know each other', async () => (await known(nodes)).every((n) => n === nodes.length));
  for (const [index, { observer }] of nodes.slice(masters).entries()) {
    await observer.command('CLUSTER', 'REPLICATE', nodes[index]!.id);
  }
  await until('the cluster is whole', () => isWhole(nodes));
  await until('replicas follow', async () =>
    (await Promise.all(nodes.slice(masters).map(({ observer }) => observer.info('replication')))).every(
      (info) => info.master_link_status === 'up',
    ),
  );
}

function known(nodes: readonly ClusterNode[]): Promise<number[]> {
  return Promise.all(
    nodes.map(
      async ({ observer }) =>
        String(await observer.command('CLUSTER', 'NODES'))
          .trim()
          .split('\n').length,
    ),
  );
}

async function isWhole(nodes: readonly ClusterNode[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map(({ observer }) => observer.command('CLUSTER', 'INFO')));
  const ok = infos.every(
    (info) => /cluster_state:ok/.test(String(info)) && /slots_ok:16384/.test(String(info)),
  );
  const maps = await Promise.all(nodes.map(async (node) => JSON.stringify(await ownersAt(node))));
  return ok && new Set(maps).size === 1;
}

/** Slot ranges and their masters' addresses, as one node sees them. */
async function ownersAt({ observer }: ClusterNode): Promise<[from: number, to: number, address: string][]> {
  const ranges = (await observer.command('CLUSTER', 'SLOTS')) as unknown as [
    number,
    number,
    [string, number],
  ][];
  return ranges
    .map(([from, to, [host, port]]): [number, number, string] => [from, to, `${host}:${port}`])
    .sort(([a], [b]) => a - b);
}

async function agreeOnEpochs(nodes: readonly ClusterNode[]): Promise<boolean> {
  const views = await Promise.all(
    nodes.map(async ({ observer }) => {
      const lines = String(await observer.command('CLUSTER', 'NODES'))
        .trim()
        .split('\n');
      const masters = lines
        .map((line) => line.split(' '))
        .filter(([, , flags]) => !/slave|fail/.test(flags ?? ''));
      return masters
        .map(([id, , , , , , epoch]) => `${id} ${epoch}`)
        .sort()
        .join();
    }),
  );
  return new Set(views).size === 1;
}

const alive = (nodes: readonly ClusterNode[]) =>
  Promise.all(
    nodes.map(async (node) => {
      const answer = node.observer.command('PING').then(
        () => true,
        () => false,
      );
      return (await Promise.race([answer, wait(1_000, false)])) ? [node] : [];
    }),
  ).then((lists) => lists.flat());

function operations(nodes: readonly ClusterNode[]): RedisCluster {
  const masterOf = async (slot: number) => {
    const votes = new Map<string, number>();
    for (const node of await alive(nodes)) {
      const range = (await ownersAt(node)).find(([from, to]) => from <= slot && slot <= to);
      if (range) votes.set(range[2], (votes.get(range[2]) ?? 0) + 1);
    }
    const [winner] = [...votes].sort(([, a], [, b]) => b - a)[0] ?? [];
    const master = nodes.find(({ address }) => address === winner);
    if (!master) throw new Error(`nobody serves slot ${slot}`);
    return master;
  };
  const successorOf = async (former: ClusterNode, slot: number) => {
    let master = former;
    await until('somebody else serves the slot', async () => {
      master = await masterOf(slot);
      return master !== former;
    });
    return master;
  };
  const beginMigration = async (slot: number, to: ClusterNode) => {
    // A node that has not heard of the owner's epoch takes the slot with one that is no higher, and loses it again.
    await until('all nodes know the epochs', async () => agreeOnEpochs(await alive(nodes)));
    const from = await masterOf(slot);
    await to.observer.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.observer.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    return async () => {
      for (;;) {
        const keys = (await from.observer.command('CLUSTER', 'GETKEYSINSLOT', slot, 10)) as string[];
        if (keys.length === 0) break;
        const { host, port } = to.server;
        await from.observer.command('MIGRATE', host, port, '', 0, 5_000, 'REPLACE', 'KEYS', ...keys);
      }
      // The importing one first, then every other master, as redis-cli does.
      await to.observer.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
      for (const { observer } of nodes) {
        const [role] = ((await observer.command('ROLE').catch(() => ['dead'])) ?? []) as unknown as [string];
        if (role === 'master') await observer.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
      }
    };
  };
  return {
    seeds: nodes.map(({ server: { host, port } }) => ({ host, port })),
    nodes,
    masterOf,
    successorOf,
    clients: async () => {
      const living = await alive(nodes);
      const rows = await Promise.all(living.map(({ observer }) => observer.clients()));
      return rows.map((row) => row.filter(({ name }) => name === 'with-redis'));
    },
    beginMigration,
    migrate: async (slot, to, pauseMs = 0) => {
      const complete = await beginMigration(slot, to);
      if (pauseMs > 0) await wait(pauseMs);
      await complete();
    },
    settled: () => until('the cluster is whole', async () => isWhole(await alive(nodes))),
    stop: () => stopAll(nodes),
  };
}

async function stopAll(nodes: readonly ClusterNode[]): Promise<void> {
  await Promise.all(nodes.map(({ server }) => server.stop()));
  await Promise.all(nodes.map(({ observer }) => observer.close()));
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await check().catch(() => false))) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await wait(30);
  }
}
