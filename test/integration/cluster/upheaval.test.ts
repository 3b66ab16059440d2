import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, expectBalanced, sleep, useInstances } from '../../support/harness.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';
import { startLoad, type Tally, wrongCounters } from './load.js';

const maxConnections = 5;
const isolations = ['exclusive', 'shared', 'auto'] as const;

/** Three masters and their replicas, a stream of scopes on all of them, and what may happen to such a cluster. */
describe.each([
  { source: 'fresh', pool: false },
  { source: 'pooled', pool: true },
])('a cluster in upheaval, $source', ({ pool }) => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  const create = useInstances(() => ({
    cluster: { nodes: cluster.seeds, options: { slotsRefreshTimeout: 300 } },
    pool,
    maxConnections,
    acquireTimeoutMs: 1_000,
    retry: { attempts: 60, delayMs: 20, maxDelayMs: 100 },
  }));

  /** Looks at every node until `work` is done; returns the most connections that any of them had. */
  async function watching(work: Promise<unknown>): Promise<number> {
    let most = 0;
    let over = false;
    void work.finally(() => {
      over = true;
    });
    while (!over) {
      const counts = (await cluster.clients()).map(({ length }) => length);
      most = Math.max(most, ...counts);
      await sleep(5);
    }
    await work;
    return most;
  }

  async function expectNobody(): Promise<void> {
    await eventually(
      async () => (await cluster.clients()).flat().map(({ name, cmd }) => `${name} ${cmd}`),
      (names) => names.length === 0,
      5_000,
    );
  }

  const total = (tallies: Map<string, Tally>) =>
    [...tallies.values()].reduce((sum, { done }) => sum + done, 0);

  it('slots that move under load: nothing fails, nothing is lost, nothing is done twice', async () => {
    const withRedis = create();
    const load = startLoad(withRedis, { callers: 24, isolations, deadlineMs: 10_000 });
    const slots = await Promise.all(
      Array.from({ length: 12 }, (_, tag) =>
        cluster.nodes[0]!.observer.command('CLUSTER', 'KEYSLOT', `{${tag}}`).then(Number),
      ),
    );
    const moving = (async () => {
      for (const slot of slots) {
        const from = await cluster.masterOf(slot);
        const to = cluster.nodes.slice(0, 3).find((node) => node !== from) as ClusterNode;
        await cluster.migrate(slot, to, 30);
      }
    })();
    const most = await watching(moving);
    const tallies = await load.stop();
    expect(load.failures).toEqual([]);
    expect(total(tallies)).toBeGreaterThan(500);
    expect(await wrongCounters(withRedis, tallies)).toEqual([]);
    expect(most).toBeLessThanOrEqual(maxConnections);
    expectBalanced(withRedis.stats());
    await withRedis.close();
    await expectNobody();
  });

  it('a master that is paused and comes back as a replica: calls end in time, and its slots are served again', async () => {
    const withRedis = create();
    const deadlineMs = 800;
    const load = startLoad(withRedis, { callers: 24, isolations, deadlineMs, replicas: 1 });
    await sleep(200);
    const victim = await cluster.masterOf(0);
    victim.server.pause();
    const pausedAt = performance.now();
    await eventually(
      () => cluster.masterOf(0),
      (master) => master !== victim,
      15_000,
    );
    await eventually(
      () =>
        withRedis((r) => r.set('{0}probe', 1), { key: { slot: 0 } }).catch((error: Error) => error.message),
      (reply) => String(reply).length > 0,
      15_000,
    );
    const served = await withRedis((r) => r.cluster('MYID'), {
      key: { slot: 0 },
      deadlineMs: 10_000,
      retry: { attempts: 1_000, idempotent: true },
    });
    expect(served).not.toBe(victim.id);
    expect(performance.now() - pausedAt).toBeLessThan(20_000);
    victim.server.resume();
    await cluster.settled();
    const most = await watching(sleep(300));
    const tallies = await load.stop();
    expect(load.longestMs()).toBeLessThan(deadlineMs + 1_000 + 1_500);
    expect(await wrongCounters(withRedis, tallies)).toEqual([]);
    expect(most).toBeLessThanOrEqual(maxConnections);
    expectBalanced(withRedis.stats());
    await withRedis.close();
    await expectNobody();
  });

  it('a master that dies: its replica takes over, and its pool is gone', async () => {
    const withRedis = create();
    const load = startLoad(withRedis, { callers: 24, isolations, deadlineMs: 10_000, replicas: 1 });
    await sleep(200);
    const slot = 16_383;
    const victim = await cluster.masterOf(slot);
    const diedAt = performance.now();
    await victim.server.stop();
    const served = await withRedis((r) => r.cluster('MYID'), {
      key: { slot },
      deadlineMs: 15_000,
      // The connection may be lost under it.
      retry: { attempts: 1_000, idempotent: true },
    });
    expect(served).not.toBe(victim.id);
    expect(performance.now() - diedAt).toBeLessThan(15_000);
    await sleep(300);
    const before = load.failures.length;
    await sleep(300);
    // Whatever was cut short was cut short at once, and nothing fails any more.
    expect(load.failures.length).toBe(before);
    const tallies = await load.stop();
    expect(await wrongCounters(withRedis, tallies)).toEqual([]);
    const { nodes = {} } = withRedis.stats();
    expect(nodes[victim.address]).toMatchObject({ idle: 0, borrowed: 0, connecting: 0, pending: 0 });
    expectBalanced(withRedis.stats());
    await withRedis.close();
    await expectNobody();
  });
});
