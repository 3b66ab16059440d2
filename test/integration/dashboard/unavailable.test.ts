import { beforeEach, describe, expect, test } from 'vitest';
import { readDashboard } from '../../../src/dashboard/index.js';
import { ConnectError, type WithRedisOptions } from '../../../src/index.js';
import { findFreePort } from '../../support/free-port.js';
import { eventually, SOURCES, useInstances, useServer } from '../../support/harness.js';
import { createRecorder, type Recorder } from './recorder.js';

const password = 'right-pa55word';
const wrong = 'wrong-pa55word';
const redis = useServer({ password });
const renamed = useServer({ args: ['--rename-command', 'AUTH', ''] });

describe.each(SOURCES)('Redis that cannot be asked, $source', ({ pool }) => {
  const create = useInstances({ pool });
  let recorder: Recorder;

  beforeEach(() => {
    recorder = createRecorder();
  });

  /** One reading: one line, no lease, no connection left, no secret; returns the result. */
  async function readOnce(url: string, limits: WithRedisOptions = {}) {
    const withRedis = create({ url, observer: recorder.observer, ...limits });
    const startedAt = performance.now();
    const result = await readDashboard({ withRedis, logger: recorder.logger });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(withRedis.stats()).toMatchObject({ size: 0, borrowed: 0, pending: 0 });
    expect(recorder.releases).toEqual([]);
    if (result.status !== 'unavailable') throw new Error(`unexpectedly ${result.status}`);
    expect(recorder.lines).toEqual([['error', `Cannot read "latest_market_data": ${result.reason}`]]);
    expect(result.reason).not.toContain('pa55word');
    expect(result.reason).not.toContain('\n');
    await eventually(withRedis.stats, ({ connecting }) => connecting === 0);
    return result;
  }

  test('because the server is down', async () => {
    const port = await findFreePort();
    const { reason, error } = await readOnce(`redis://:${password}@127.0.0.1:${port}`);
    expect(reason).toContain(`127.0.0.1:${port}`);
    expect(reason).toContain('ECONNREFUSED');
    expect(error).toBeInstanceOf(ConnectError);
  });

  test('because the server is down, where the name has several addresses', async () => {
    const { reason } = await readOnce(`redis://localhost:${await findFreePort()}`);
    expect(reason).toContain('ECONNREFUSED');
  });

  test('because the password is wrong', async () => {
    const { reason } = await readOnce(redis.url.replace(password, wrong));
    expect(reason).toContain('WRONGPASS');
    expect(await redis.clients()).toEqual([]);
  });

  test('because the password is missing', async () => {
    const { reason } = await readOnce(redis.url.replace(`:${password}@`, ''));
    expect(reason).toContain('NOAUTH');
    expect(await redis.clients()).toEqual([]);
  });

  test('because the server does not know AUTH, and quotes the password in saying so', async () => {
    const { reason } = await readOnce(renamed.url.replace('//', `//:${password}@`));
    expect(reason).toContain('unknown command');
    expect(await renamed.clients()).toEqual([]);
  });

  test('because the address is no URL of Redis', async () => {
    const before = process.env.REDIS_URL;
    process.env.REDIS_URL = `http://:${password}@127.0.0.1`;
    try {
      const withRedis = create();
      const result = await readDashboard({ withRedis, logger: recorder.logger });
      expect(result).toMatchObject({
        status: 'unavailable',
        error: { code: 'ERR_WITH_REDIS_CONFIGURATION' },
      });
      expect(recorder.lines).toEqual([
        ['error', expect.stringContaining('REDIS_URL must be a valid redis://')],
      ]);
      expect(recorder.lines.join()).not.toContain('pa55word');
    } finally {
      if (before === undefined) delete process.env.REDIS_URL;
      else process.env.REDIS_URL = before;
    }
  });

  test('because the instance is closed', async () => {
    const withRedis = create({ url: redis.url });
    await withRedis.close();
    const result = await readDashboard({ withRedis, logger: recorder.logger });
    expect(result).toMatchObject({ status: 'unavailable', error: { code: 'ERR_WITH_REDIS_CLOSED' } });
    expect(recorder.lines).toEqual([['error', expect.stringContaining('is closed')]]);
  });

  test('because every connection is taken', async () => {
    const withRedis = create({ url: redis.url, maxConnections: 1, acquireTimeoutMs: 50 });
    await using _taken = await withRedis.acquire();
    const result = await readDashboard({ withRedis, logger: recorder.logger });
    expect(result).toMatchObject({
      status: 'unavailable',
      error: { code: 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT' },
    });
    expect(recorder.lines).toEqual([['error', expect.stringContaining('1 of 1 borrowed')]]);
  });

  test('because the server hangs', async () => {
    redis.server.pause();
    try {
      const { error } = await readOnce(redis.url, { acquireTimeoutMs: 100 });
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT' });
    } finally {
      redis.server.resume();
    }
    await eventually(redis.clients, (clients) => clients.length === 0);
  });
});
