import { describe, expect, test, vi } from 'vitest';
import {
  type DashboardOptions,
  getRealtimeDashboardData,
  type MarketIndicesOptions,
  readDashboard,
  storeMarketIndices,
} from '../../../src/dashboard/index.js';
import { ConfigurationError, type WithRedis } from '../../../src/index.js';

const untouched = vi.fn() as unknown as WithRedis;
const indices = { success: true, indices: {} };

const badOptions: readonly (readonly [option: string, value: unknown])[] = [
  ['withRedis', { url: 'redis://:pa55@host' }],
  ['withRedis', null],
  ['key', ''],
  ['key', 7],
  ['signal', new AbortController()],
  ['logger', null],
  ['logger', { info() {}, warn() {} }],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null].map(
    (value) => ['attempts', value] as const,
  ),
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '2000', null].map(
    (value) => ['delayMs', value] as const,
  ),
  ['retries', 3],
];

describe('a reading rejects an option that cannot be used, before anything else', () => {
  test.each(badOptions)('%s: %o', async (option, value) => {
    const options = { withRedis: untouched, [option]: value } as DashboardOptions;
    const failure = expect(readDashboard(options)).rejects;
    await failure.toBeInstanceOf(ConfigurationError);
    await failure.toMatchObject({ option, message: expect.stringContaining(option) });
    await failure.not.toThrow('pa55');
    expect(untouched).not.toHaveBeenCalled();
  });

  test.each([null, 'redis://:pa55@host', []])('options that are %j', async (options) => {
    await expect(getRealtimeDashboardData(options as DashboardOptions)).rejects.toThrow(
      /^Option options must be an object; received/,
    );
  });
});

describe('a write rejects an option that cannot be used, before anything else', () => {
  test.each([
    ['withRedis', 'redis'],
    ['key', ''],
    ['ttlSeconds', 0],
    ['ttlSeconds', -300],
    ['ttlSeconds', 0.5],
    ['ttlSeconds', Number.NaN],
    ['ttlSeconds', Number.POSITIVE_INFINITY],
    ['ttlSeconds', '300'],
    ['ttlSeconds', null],
    ['ttl', 300],
  ])('%s: %j', async (option, value) => {
    const options = { withRedis: untouched, [option]: value } as MarketIndicesOptions;
    await expect(storeMarketIndices(indices, options)).rejects.toMatchObject({
      code: 'ERR_WITH_REDIS_CONFIGURATION',
      option,
    });
    expect(untouched).not.toHaveBeenCalled();
  });
});

describe('a URL in the wrong place is named, not shown', () => {
  const url = 'redis://:pa55@h';
  const notShown = async (call: Promise<unknown>) => {
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toMatch(/; received a string$/);
  };

  test.each(['withRedis', 'signal', 'logger', 'attempts', 'delayMs'])('of a reading, in %s', (option) =>
    notShown(readDashboard({ withRedis: untouched, [option]: url } as DashboardOptions)),
  );

  test.each(['withRedis', 'ttlSeconds'])('of a write, in %s', (option) =>
    notShown(storeMarketIndices(indices, { withRedis: untouched, [option]: url } as MarketIndicesOptions)),
  );

  test('in place of options, and of data', async () => {
    await notShown(readDashboard(url as DashboardOptions));
    await notShown(storeMarketIndices(indices, url as MarketIndicesOptions));
    await notShown(storeMarketIndices(url as unknown as typeof indices, { withRedis: untouched }));
    await notShown(storeMarketIndices({ success: url, indices: {} } as unknown as typeof indices));
  });
});
