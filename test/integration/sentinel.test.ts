import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, outcomeOf, sleep, useInstances } from '../support/harness.js';
import { observeRedis } from '../support/redis-observer.js';
import { type SentinelGroup, startSentinelGroup } from '../support/sentinel-group.js';

describe.each([
  { source: 'fresh', pool: false, isolation: 'exclusive' },
  { source: 'pooled', pool: true, isolation: 'exclusive' },
  { source: 'shared', pool: true, isolation: 'shared' },
] as const)('Sentinel, $source', ({ pool, isolation }) => {
  let group: SentinelGroup;
  beforeEach(async () => {
    group = await startSentinelGroup();
  });
  const create = useInstances(() => ({
    redis: { sentinels: [...group.sentinels], name: group.name },
    pool,
    isolation: isolation as 'exclusive',
    retry: { attempts: 200, delayMs: 50, factor: 1 },
    deadlineMs: 15_000,
  }));
  afterEach(async () => {
    await group.stop();
  });

  it('lends connections to the master, follows it when it dies, and leaves none at the sentinels', async () => {
    const withRedis = create();
    const before = await group.master();
    expect(await withRedis((r) => r.set('who', 'first'))).toBe('OK');
    await before.stop();
    const startedAt = performance.now();
    expect(await withRedis((r) => r.set('who', 'second'))).toBe('OK');
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    // Another sentinel may know before the one that is asked here.
    await eventually(
      () => group.master(),
      ({ port }) => port !== before.port,
      10_000,
    );
    await withRedis.close();
    expect(await group.strangers()).toEqual([]);
  });

  it("57. leaves nothing at the sentinels where ioredis's failover detector listens to them", async () => {
    const redis = { sentinels: [...group.sentinels], name: group.name, failoverDetector: true };
    const withRedis = create({ redis });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    await withRedis.close();
    await eventually(
      () => group.strangers(),
      (strangers) => strangers.length === 0,
    );
  });

  it('drops all connections to a master that became a replica: one refused write is enough', async () => {
    const withRedis = create({ maxConnections: 4 });
    await Promise.all([1, 2, 3, 4].map(() => withRedis(() => sleep(20))));
    const before = await group.master();
    await group.failover();
    const after = await eventually(
      () => group.master(),
      ({ port }) => port !== before.port,
      10_000,
    );
    // The sentinels take their time to tell the old master; it comes to the same.
    const observer = await observeRedis(before.url);
    await observer.command('REPLICAOF', after.host, after.port);
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map((i) => outcomeOf(withRedis((r) => r.set(`key ${i}`, i)))),
    );
    expect(outcomes).toEqual(Array(4).fill({ value: 'OK' }));
    await eventually(
      async () => (await observer.clients()).filter((row) => row.name === 'with-redis'),
      (clients) => clients.length === 0,
      10_000,
    );
    await observer.close();
  });
});
