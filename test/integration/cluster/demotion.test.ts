import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, sleep, useInstances } from '../../support/harness.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());
const create = useInstances(() => ({ cluster: { nodes: cluster.seeds } }));

/** Doubts that follow one another sooner are one question. */
const QUESTIONS_APART_MS = 60;

const ourClients = async ({ observer }: ClusterNode) =>
  (await observer.clients()).filter(({ name }) => name === 'with-redis').length;

/** Its replica takes over, as before an upgrade. */
async function demote(former: ClusterNode, slot: number): Promise<ClusterNode> {
  const next = await eventually(
    async () => {
      const replicas = String(await former.observer.command('CLUSTER', 'REPLICAS', former.id));
      return cluster.nodes.find(({ id }) => replicas.startsWith(id)) as ClusterNode;
    },
    (replica) => replica !== undefined,
    10_000,
  );
  await next.observer.command('CLUSTER', 'FAILOVER');
  await eventually(
    () => cluster.masterOf(slot),
    (master) => master === next,
    10_000,
  );
  await cluster.settled();
  return next;
}

// Each has a shard of its own: a replica that has just been voted for must not be again.
it.each([
  { source: 'fresh', pool: false, slot: 0, key: '{06S}n' },
  { source: 'pooled', pool: true, slot: 16_383, key: '{6ZJ}n' },
])(
  'a master that is demoted by hand: what is lent there may finish, its pool is gone until it is back, $source',
  async ({ pool, slot, key }) => {
    const withRedis = create({ pool });
    /** Twice: the first scope is told where to go, the second one brings the new map, if none was asked for just now. */
    const serve = async () => {
      for (let scope = 0; scope < 2; scope++) {
        await sleep(QUESTIONS_APART_MS);
        await withRedis((r) => r.incr(key), { key });
      }
    };
    const createdAt = ({ address }: ClusterNode) => withRedis.stats().nodes?.[address]?.created ?? 0;

    const former = await cluster.masterOf(slot);
    const lease = await withRedis.acquire({ key });
    await serve();
    const next = await demote(former, slot);
    await serve();
    const created = createdAt(former);
    expect(await lease.redis.ping()).toBe('PONG');
    await lease.release();
    await eventually(
      () => ourClients(former),
      (count) => count === 0,
    );
    expect(withRedis.stats().nodes?.[former.address]).toMatchObject({ idle: 0, borrowed: 0, created });
    await demote(next, slot);
    await serve();
    expect(await withRedis((r) => r.get(key), { key })).toBe('6');
    expect(createdAt(former)).toBeGreaterThan(created);
    await withRedis.close();
    await eventually(
      async () => (await cluster.clients()).flat().length,
      (count) => count === 0,
    );
  },
);
