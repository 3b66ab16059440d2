import { afterAll, beforeAll, expect, test } from 'vitest';
import { getRealtimeDashboardData, readDashboard, storeMarketIndices } from '../../../src/dashboard/index.js';
import { createWithRedis, withRedis } from '../../../src/index.js';
import { useServer } from '../../support/harness.js';
import { createRecorder } from './recorder.js';

const redis = useServer();
const before = process.env.REDIS_URL;

beforeAll(() => {
  delete process.env.REDIS_URL;
});

afterAll(async () => {
  await withRedis.close();
  if (before !== undefined) process.env.REDIS_URL = before;
  else delete process.env.REDIS_URL;
});

/** In this order: the default instance keeps the REDIS_URL of its first call. */
test('the default instance: unconfigured without REDIS_URL, then used as soon as it is set', async () => {
  const unset = createRecorder();
  expect(await getRealtimeDashboardData({ logger: unset.logger })).toBeNull();
  expect(await readDashboard({ logger: unset.logger })).toEqual({
    status: 'unconfigured',
    reason: 'REDIS_URL not set',
  });
  const warning = ['warn', 'REDIS_URL not set, cannot fetch market data'];
  expect(unset.lines).toEqual([warning, warning]);
  expect(withRedis.stats().created).toBe(0);
  await expect(storeMarketIndices({ success: true, indices: {} })).rejects.toThrow('REDIS_URL is not set');

  process.env.REDIS_URL = redis.url;
  await redis.observer.command('SET', 'latest_market_data', '{"btc":1}');
  const set = createRecorder();
  const data = await getRealtimeDashboardData({ logger: set.logger });
  expect(await redis.clients()).toEqual([]);
  expect(data).toEqual({ btc_price: 1, data_source: 'real_time' });
  expect(withRedis.stats()).toMatchObject({ size: 0, borrowed: 0, created: 1 });

  await storeMarketIndices({ success: true, indices: { vn30: { value: 1, error: null } } });
  expect(await redis.clients()).toEqual([]);
  expect(await redis.observer.command('GET', 'market_indices')).toContain('vn30');
});

test('an instance that was given is used, whatever REDIS_URL says', async () => {
  delete process.env.REDIS_URL;
  const given = createWithRedis({ url: redis.url });
  const { logger } = createRecorder();
  expect(await readDashboard({ withRedis: given, logger })).toMatchObject({ status: 'ok' });
  await given.close();
});
