import { describe, expect, test, vi } from 'vitest';
import { type MarketIndices, storeMarketIndices } from '../../../src/dashboard/index.js';
import type { WithRedis } from '../../../src/index.js';

const circular: { self?: unknown } = {};
circular.self = circular;

const withIndex = (vnindex: unknown) => ({ success: true, indices: { vnindex } });
const withValue = (value: unknown) => withIndex({ value, error: null });

const nested = () => JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));

describe('data that cannot be stored is refused before a connection is borrowed', () => {
  test.each([
    ['no data', undefined, 'data must be an object; received undefined'],
    ['null', null, 'data must be an object; received null'],
    ['an array', [], 'data must be an object; received an array'],
    ['JSON already', '{"success":true}', 'data must be an object; received "{'],
    ['no success', { indices: {} }, 'data.success must be true or false; received undefined'],
    ['no indices', { success: true }, 'data.indices must be an object; received undefined'],
    ['indices that are a list', { success: true, indices: [] }, 'data.indices must be an object'],
    [
      'another field',
      { success: true, indices: {}, at: 1 },
      'data.at is unknown; known are success, indices',
    ],
    [
      'another index',
      { success: true, indices: { vn31: {} } },
      'data.indices.vn31 is unknown; known are vnindex',
    ],
    ['an index that is a number', withIndex(1280), 'data.indices.vnindex must be an object; received 1280'],
    ['an index that is undefined', withIndex(undefined), 'data.indices.vnindex must be an object'],
    ['no value', withIndex({ error: null }), 'data.indices.vnindex.value must be a JSON value'],
    ['no error', withIndex({ value: 1 }), 'data.indices.vnindex.error must be a string or null'],
    ['an Error as error', withIndex({ value: 1, error: new Error('x') }), 'vnindex.error must be a string'],
    ['another field of an index', withIndex({ value: 1, error: null, unit: '' }), 'vnindex.unit is unknown'],
    ['NaN', withValue(Number.NaN), 'data must be JSON; received NaN under "value"'],
    ['Infinity', withValue({ high: Number.POSITIVE_INFINITY }), 'received Infinity under "high"'],
    ['a bigint', withValue(1n), 'received 1 under "value"'],
    ['undefined inside', withValue({ low: undefined }), 'received undefined under "low"'],
    ['a function', withValue([() => 1]), 'received a function under "0"'],
    [
      'a date that is none',
      withValue({ at: new Date(Number.NaN) }),
      'received an object (Date) that is null in JSON under "at"',
    ],
    ['a circle', withValue(circular), 'data cannot be written as JSON: it is circular or nested too deeply'],
    [
      'a deep value',
      withValue(nested()),
      'data cannot be written as JSON: it is circular or nested too deeply',
    ],
  ])('%s', async (_, data, message) => {
    const withRedis = vi.fn() as unknown as WithRedis;
    const failure = expect(storeMarketIndices(data as MarketIndices, { withRedis })).rejects;
    await failure.toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION' });
    await failure.toThrow(message);
    expect(withRedis).not.toHaveBeenCalled();
  });
});
