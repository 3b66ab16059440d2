import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { getRealtimeDashboardData, readDashboard } from '../../../src/dashboard/index.js';
import type { WithRedis } from '../../../src/index.js';
import { SOURCES, sleep, useInstances, useServer } from '../../support/harness.js';
import { createRecorder, type Recorder } from './recorder.js';

const redis = useServer();
const key = 'latest_market_data';
const absent = '"latest_market_data" is absent or empty';

describe.each(SOURCES)('what a getter on a $source connection answers', ({ source, pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool }));
  const kept = pool ? 1 : 0;
  const returned =
    source === 'pooled'
      ? { label: 'dashboard', disposition: 'reused', reason: 'clean' }
      : { label: 'dashboard', disposition: 'destroyed' };

  let recorder: Recorder;
  let withRedis: WithRedis;

  beforeEach(async () => {
    await redis.observer.command('FLUSHALL');
    recorder = createRecorder();
    withRedis = create({ observer: recorder.observer });
  });

  const options = () => ({ withRedis, logger: recorder.logger, delayMs: 20 });

  /** At the moment of the answer: nothing borrowed, no connection but an idle one, each return reported. */
  async function expectReturned(times: number): Promise<void> {
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, pending: 0, idle: kept });
    expect(await redis.clients()).toHaveLength(kept);
    expect(recorder.releases).toHaveLength(times);
    for (const release of recorder.releases) expect(release).toMatchObject(returned);
  }

  test('found: the object', async () => {
    const sample = await readFile(new URL('../../../bench/demo/sample.json', import.meta.url), 'utf8');
    await redis.observer.command('SET', key, sample);
    const data = await getRealtimeDashboardData(options());
    await expectReturned(1);
    expect(data).toMatchObject({ btc_price: 97412.65, fear_greed_index: 22, data_source: 'real_time' });
    expect(recorder.lines).toEqual([['info', `Read "${key}": 27 fields`]]);
  });

  test('found under another key', async () => {
    await redis.observer.command('SET', 'other', '{"btc":1}');
    expect(await readDashboard({ ...options(), key: 'other' })).toEqual({
      status: 'ok',
      key: 'other',
      data: { btc_price: 1, data_source: 'real_time' },
    });
    await expectReturned(1);
  });

  test('found, 5 MB of it', async () => {
    const text = 'x'.repeat(5_000_000);
    await redis.observer.command('SET', key, JSON.stringify({ btc: 1, data_sources: { text }, noise: text }));
    const data = await getRealtimeDashboardData(options());
    await expectReturned(1);
    expect(data).toEqual({ btc_price: 1, data_sources: { text }, data_source: 'real_time' });
  });

  test.each([
    ['absent', undefined],
    ['empty', ''],
  ])('%s in every attempt: null', async (_, value) => {
    if (value !== undefined) await redis.observer.command('SET', key, value);
    expect(await getRealtimeDashboardData(options())).toBeNull();
    await expectReturned(3);
    expect(recorder.lines).toEqual([
      ['info', `${absent}: attempt 1 of 3, next attempt in 20 ms`],
      ['info', `${absent}: attempt 2 of 3, next attempt in 20 ms`],
      ['warn', `No market data: ${absent} after 3 attempts`],
    ]);
  });

  test('absent in the only attempt: null, at once', async () => {
    const result = await readDashboard({ ...options(), attempts: 1, delayMs: 60_000 });
    await expectReturned(1);
    expect(result).toEqual({
      status: 'missing',
      key,
      attempts: 1,
      reason: `${absent} after 1 attempt`,
    });
    expect(recorder.lines).toEqual([['warn', `No market data: ${absent} after 1 attempt`]]);
  });

  test('absent at first: the connection is released during the wait, and the next attempt finds it', async () => {
    const result = getRealtimeDashboardData({ ...options(), delayMs: 400 });
    await new Promise<void>((resolve) => {
      recorder.onLine = () => {
        expect(withRedis.stats()).toMatchObject({ borrowed: 0, idle: kept });
        resolve();
      };
    });
    await sleep(50);
    await expectReturned(1);
    await redis.observer.command('SET', key, '{"btc":1}');
    expect(await result).toEqual({ btc_price: 1, data_source: 'real_time' });
    await expectReturned(2);
    expect(recorder.lines).toEqual([
      ['info', `${absent}: attempt 1 of 3, next attempt in 400 ms`],
      ['info', `Read "${key}": 2 fields`],
    ]);
  });

  test.each([
    ['no JSON', 'secret-token', 'is not JSON'],
    ['cut off', '{"btc": "secret-token"', 'is not JSON'],
    ['an array', '["secret-token"]', 'is JSON, but an array instead of an object'],
    ['a string', '"secret-token"', 'is JSON, but a string instead of an object'],
    ['a number', '12345678', 'is JSON, but a number instead of an object'],
    ['null', 'null', 'is JSON, but null instead of an object'],
  ])('%s: null, after one attempt', async (_, value, problem) => {
    await redis.observer.command('SET', key, value);
    const result = await readDashboard(options());
    await expectReturned(1);
    const reason = `the value of "${key}" (${value.length} characters) ${problem}`;
    expect(result).toEqual({ status: 'malformed', key, reason });
    expect(recorder.lines).toEqual([['error', `Cannot use market data: ${reason}`]]);
    expect(reason).not.toMatch(/secret|1234/);
  });

  test('a key of another type: null, after one attempt, with the reason', async () => {
    await redis.observer.command('RPUSH', key, 'secret-token');
    const result = await readDashboard(options());
    await expectReturned(1);
    const reason = 'WRONGTYPE Operation against a key holding the wrong kind of value';
    expect(result).toMatchObject({ status: 'unavailable', key, reason, error: { name: 'ReplyError' } });
    expect(recorder.lines).toEqual([['error', `Cannot read "${key}": ${reason}`]]);
  });

  test('200 calls at once leave nothing behind', async () => {
    await redis.observer.command('SET', key, '{"btc":1}');
    const results = await Promise.all(Array.from({ length: 200 }, () => getRealtimeDashboardData(options())));
    expect(results.every((data) => data?.btc_price === 1)).toBe(true);
    expect(withRedis.stats().borrowed).toBe(0);
    expect(recorder.releases).toHaveLength(200);
    await withRedis.close();
    expect(await redis.clients()).toEqual([]);
  });
});
