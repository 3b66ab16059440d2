import { tracingChannel } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defer } from '../../../src/core/outcome.js';
import type { CommandReport, ReleaseEvent, TraceMessage } from '../../../src/index.js';
import { eventually, outcomeOf, sleep, useInstances } from '../../support/harness.js';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ replicas: false });
});
afterAll(() => cluster.stop());

/** Their slots are at three nodes; routing.test.ts looks after that. */
const keys = ['a', 'b', 'c'];
const slotOfA = 15_495;

const nobody = async () =>
  eventually(
    async () => (await cluster.clients()).flat().length,
    (count) => count === 0,
  );

describe.each([
  { source: 'fresh', pool: false },
  { source: 'pooled', pool: true },
])('the end of a scope in a cluster, $source', ({ pool }) => {
  const create = useInstances(() => ({
    cluster: { nodes: cluster.seeds.slice(0, 1) },
    pool,
    maxConnections: 4,
  }));

  it.each(['shared', 'auto'] as const)(
    'close() lets a scope finish that still has to reach other nodes, and leaves nothing, %s',
    async (isolation) => {
      const withRedis = create();
      const { promise: begun, resolve: begin } = defer<void>();
      const running = withRedis(
        async (r) => {
          await r.set('a', 'first');
          begin();
          await sleep(20);
          for (const key of keys) await r.set(key, 'last');
          return Promise.all(keys.map((key) => r.get(key)));
        },
        { isolation },
      );
      await begun;
      const report = await withRedis.close();
      expect(await running).toEqual(['last', 'last', 'last']);
      expect(report).toMatchObject({ drained: true, forced: [] });
      expect(await outcomeOf(withRedis((r) => r.get('a'), { isolation }))).toMatchObject({
        error: { code: 'ERR_WITH_REDIS_CLOSED' },
      });
      await nobody();
    },
  );

  it('close() refuses who waits, and ends by force what holds several connections, once and by name', async () => {
    const withRedis = create({ maxConnections: 2 });
    const { promise: begun, resolve: begin } = defer<void>();
    const stuck = outcomeOf(
      withRedis(
        'stuck',
        async (r) => {
          await Promise.all(keys.map((key) => r.get(key)));
          begin();
          return new Promise(() => {});
        },
        { isolation: 'shared' },
      ),
    );
    await begun;
    const lease = await withRedis.acquire({ key: 'a', label: 'kept' });
    const waiting = outcomeOf(withRedis((r) => r.get('a'), { key: 'a' }));
    await eventually(
      () => withRedis.stats().pending,
      (pending) => pending === 1,
    );
    const { drained, forced } = await withRedis.close({ deadlineMs: 50 });
    expect(drained).toBe(false);
    expect(forced.map(({ label }) => label).sort()).toEqual(['kept', 'stuck']);
    for (const { error } of [await stuck, await waiting])
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CLOSED' });
    await lease.release();
    await nobody();
  });

  it('sends what was not awaited, also to a node that nobody had a connection to', async () => {
    const withRedis = create({ isolation: 'shared' });
    await withRedis((r) => r.del('a'));
    await withRedis((r) => r.del('b'));
    await withRedis((r) => r.del('c'));
    const inFlight: string[][] = [];
    const other = create({
      isolation: 'shared',
      observer: { onRelease: (event) => inFlight.push([...event.inFlight]) },
    });
    await other((r) => {
      for (const key of keys) void r.set(key, 'forgotten');
    });
    for (const key of keys) expect(await withRedis((r) => r.get(key))).toBe('forgotten');
    // At least two of them are of nodes that these scopes have no connection to when they end.
    for (const key of keys) await other((r) => void r.set(key, 'forgotten alone'));
    for (const key of keys) expect(await withRedis((r) => r.get(key))).toBe('forgotten alone');
    expect(inFlight).toEqual([['set', 'set', 'set'], ['set'], ['set'], ['set']]);
  });

  it('says of a command that was redirected what became of it in the end', async () => {
    const withRedis = create();
    const from = await cluster.masterOf(slotOfA);
    const to = cluster.nodes.find((node) => node !== from)!;
    const { error } = await outcomeOf(
      withRedis(
        async (r) => {
          await r.get('a');
          await cluster.migrate(slotOfA, to);
          await r.blpop('{a}nothing', 0);
        },
        { key: 'a', deadlineMs: 3_000 },
      ),
    );
    const commands: CommandReport[] = [
      { name: 'get', status: 'replied' },
      { name: 'blpop', status: 'in-doubt' },
    ];
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_DEADLINE_EXCEEDED', commands });
    await cluster.migrate(slotOfA, from);
    await cluster.settled();
  });

  it('tells the tracing channel and the observer of one release for one acquire', async () => {
    const traced: TraceMessage[] = [];
    const told: ReleaseEvent[] = [];
    const channel = tracingChannel<unknown, TraceMessage>('with-redis:release');
    const listen = (message: unknown) => void traced.push(message as TraceMessage);
    channel.asyncEnd.subscribe(listen);
    try {
      const withRedis = create({ observer: { onRelease: (event) => told.push(event) } });
      for (const isolation of ['exclusive', 'shared', 'auto'] as const) {
        await withRedis('told', (r) => r.get('a'), { key: 'a', isolation });
      }
      await withRedis('told', (r) => r.watch('a'), { isolation: 'auto' });
    } finally {
      channel.asyncEnd.unsubscribe(listen);
    }
    expect(told).toHaveLength(4);
    expect(traced.map(({ label, disposition, reason }) => ({ label, disposition, reason }))).toEqual(
      told.map(({ label, disposition, reason }) => ({ label, disposition, reason })),
    );
  });
});

it('a hundred first calls ask for the map of the cluster once', async () => {
  for (const { observer } of cluster.nodes) await observer.command('CONFIG', 'RESETSTAT');
  const withRedis = createOne();
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => withRedis((r) => r.get(`k${i}`), { isolation: 'shared' })),
  );
  const counts = await Promise.all(
    cluster.nodes.map(async ({ observer }) => {
      const { 'cmdstat_cluster|slots': line } = await observer.info('commandstats');
      return Number(/calls=(\d+)/.exec(line ?? '')?.[1] ?? 0);
    }),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
});
const createOne = useInstances(() => ({ cluster: { nodes: cluster.seeds }, pool: true }));
