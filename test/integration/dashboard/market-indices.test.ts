import { beforeEach, describe, expect, test } from 'vitest';
import { type MarketIndices, storeMarketIndices } from '../../../src/dashboard/index.js';
import { findFreePort } from '../../support/free-port.js';
import { SOURCES, useInstances, useServer } from '../../support/harness.js';
import { createRecorder, type Recorder } from './recorder.js';

const redis = useServer();

const indices: MarketIndices = {
  success: true,
  indices: {
    vnindex: { value: 1280.54, error: null },
    vn30: { value: 1345.1, error: null },
    hnxindex: { value: 0, error: null },
    hnx30: { value: null, error: 'timeout of the exchange' },
    upcomindex: { value: { last: 92.4, change: -0.3 }, error: null },
  },
};

describe.each(SOURCES)('market indices, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool }));
  let recorder: Recorder;

  beforeEach(async () => {
    await redis.observer.command('FLUSHALL');
    recorder = createRecorder();
  });

  test('are stored as JSON for 300 s, and the connection comes back', async () => {
    const withRedis = create({ observer: recorder.observer });
    await storeMarketIndices(indices, { withRedis });
    expect(await redis.clients()).toHaveLength(pool ? 1 : 0);
    expect(withRedis.stats().borrowed).toBe(0);
    expect(recorder.releases).toMatchObject([
      { label: 'dashboard', disposition: pool ? 'reused' : 'destroyed' },
    ]);
    const stored = await redis.observer.command('GET', 'market_indices');
    expect(JSON.parse(stored as string)).toEqual(indices);
    const lifeMs = Number(await redis.observer.command('PTTL', 'market_indices'));
    expect(lifeMs).toBeGreaterThan(290_000);
    expect(lifeMs).toBeLessThanOrEqual(300_000);
  });

  test('are stored under the key and for the seconds given, over what was there', async () => {
    const withRedis = create();
    await redis.observer.command('RPUSH', 'other', 'a list');
    await storeMarketIndices(indices, { withRedis, key: 'other', ttlSeconds: 1 });
    expect(Number(await redis.observer.command('PTTL', 'other'))).toBeLessThanOrEqual(1_000);
    expect(await redis.observer.command('EXISTS', 'market_indices')).toBe(0);
  });

  test('take one command: no moment at which they would never expire', async () => {
    const withRedis = create();
    await redis.observer.command('CONFIG', 'RESETSTAT');
    await storeMarketIndices(indices, { withRedis });
    const stats = await redis.observer.info('commandstats');
    const writes = Object.keys(stats).filter((name) => /^cmdstat_(set|.*expire)/.test(name));
    expect(writes).toEqual(['cmdstat_set']);
    expect(stats.cmdstat_set).toContain('calls=1');
  });

  test('are as they were when the call began', async () => {
    const changing = structuredClone(indices) as { success: boolean; indices: object };
    const storing = storeMarketIndices(changing as MarketIndices, { withRedis: create() });
    changing.success = false;
    await storing;
    expect(JSON.parse((await redis.observer.command('GET', 'market_indices')) as string)).toEqual(indices);
  });

  test('that the server refuses reject with its reason, and the connection comes back', async () => {
    const withRedis = create({ observer: recorder.observer });
    await redis.observer.command('CONFIG', 'SET', 'maxmemory', 1);
    try {
      await expect(storeMarketIndices(indices, { withRedis })).rejects.toThrow(/^OOM/);
    } finally {
      await redis.observer.command('CONFIG', 'SET', 'maxmemory', 0);
    }
    expect(recorder.releases).toHaveLength(1);
    expect(await redis.clients()).toHaveLength(pool ? 1 : 0);
  });

  test('for a server that is down reject with the error of the instance', async () => {
    const withRedis = create({ url: `redis://127.0.0.1:${await findFreePort()}` });
    const code = 'ERR_WITH_REDIS_CONNECT';
    await expect(storeMarketIndices(indices, { withRedis })).rejects.toMatchObject({ code });
  });
});
