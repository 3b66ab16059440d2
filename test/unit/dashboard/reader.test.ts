import { afterEach, describe, expect, test, vi } from 'vitest';
import { getRealtimeDashboardData, readDashboard } from '../../../src/dashboard/index.js';
import type { CallOptions, RetryOptions, WithRedis } from '../../../src/index.js';

/** Notes what it was asked for, and answers the value. */
function fakeInstance(value: string | null) {
  const calls: CallOptions[] = [];
  const withRedis = (async (_fn: unknown, options: CallOptions) => {
    calls.push(options);
    return value;
  }) as unknown as WithRedis;
  return { withRedis, calls };
}

const silent = { info() {}, warn() {}, error() {} };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the deadline leaves room for every attempt and every wait', () => {
  test.each([
    { attempts: 1, delayMs: 1, deadlineMs: 30_000 },
    { attempts: 3, delayMs: 2_000, deadlineMs: 34_000 },
    { attempts: 10, delayMs: 60_000, deadlineMs: 640_000 },
  ])('$attempts attempts, $delayMs ms apart: $deadlineMs ms', async ({ deadlineMs, ...options }) => {
    const { withRedis, calls } = fakeInstance('{}');
    await readDashboard({ withRedis, logger: silent, ...options });
    expect(calls[0]?.deadlineMs).toBe(deadlineMs);
  });

  test('three attempts, 2,000 ms apart, are the default', async () => {
    const { withRedis, calls } = fakeInstance('{}');
    await readDashboard({ withRedis, logger: silent });
    expect(calls[0]?.retry).toMatchObject({
      attempts: 3,
      delayMs: 2_000,
      maxDelayMs: 2_000,
      factor: 1,
      jitter: 'none',
    });
  });
});

describe('what is read again', () => {
  test.each([
    ['an absent key', { ok: true, value: null }, true],
    ['an empty value', { ok: true, value: '' }, true],
    ['a value', { ok: true, value: '{}' }, false],
    ['a value that is not JSON', { ok: true, value: ' ' }, false],
    ['a failure', { ok: false, error: new Error('LOADING') }, false],
  ] as const)('%s', async (_, outcome, again) => {
    const { withRedis, calls } = fakeInstance('{}');
    await readDashboard({ withRedis, logger: silent });
    expect((calls[0]?.retry as RetryOptions | undefined)?.when?.(outcome, 1)).toBe(again);
  });
});

describe('the log', () => {
  test('is the console unless told otherwise', async () => {
    vi.stubEnv('REDIS_URL', undefined);
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect(await getRealtimeDashboardData()).toBeNull();
    expect(warn.mock.calls).toEqual([['REDIS_URL not set, cannot fetch market data']]);
  });

  test('is called as a method, as loggers that are classes need it', async () => {
    class ClassLogger {
      readonly lines: string[] = [];
      info(line: string) {
        this.lines.push(`info ${line}`);
      }
      warn(line: string) {
        this.lines.push(`warn ${line}`);
      }
      error(line: string) {
        this.lines.push(`error ${line}`);
      }
    }
    const logger = new ClassLogger();
    await readDashboard({ withRedis: fakeInstance('null').withRedis, logger });
    expect(logger.lines).toEqual([expect.stringMatching(/^error /)]);
  });

  test('may throw: the answer is the same', async () => {
    const fail = () => {
      throw new Error('disk full');
    };
    const { withRedis, calls } = fakeInstance('{"btc":1}');
    const logger = { info: fail, warn: fail, error: fail };
    expect(await readDashboard({ withRedis, logger })).toMatchObject({ status: 'ok' });
    const late = async () => fail();
    const rejecting = { info: late, warn: late, error: late };
    // A rejection that nobody handles fails the run.
    expect(await readDashboard({ withRedis, logger: rejecting })).toMatchObject({ status: 'ok' });
    expect((calls[0]?.retry as RetryOptions | undefined)?.when?.({ ok: true, value: null }, 1)).toBe(true);
  });

  test('names a key of any characters on one line', async () => {
    const lines: string[] = [];
    const logger = { ...silent, error: (line: string) => lines.push(line) };
    await readDashboard({ withRedis: fakeInstance('[]').withRedis, key: 'a\n\u2028\ud800b', logger });
    expect(lines).toEqual([
      'Cannot use market data: the value of "a\\n \\ud800b" (2 characters) is JSON, but an array instead of an object',
    ]);
  });
});

describe('without REDIS_URL and instance', () => {
  test.each([undefined, ''])('REDIS_URL %j: unconfigured', async (url) => {
    vi.stubEnv('REDIS_URL', url);
    const reason = 'REDIS_URL not set';
    expect(await readDashboard({ logger: silent })).toEqual({ status: 'unconfigured', reason });
  });

  test('a signal that has aborted still rejects with its reason', async () => {
    vi.stubEnv('REDIS_URL', undefined);
    const reason = { left: 'early' };
    await expect(readDashboard({ signal: AbortSignal.abort(reason), logger: silent })).rejects.toBe(reason);
  });
});
