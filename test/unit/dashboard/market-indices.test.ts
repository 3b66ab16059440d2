import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { type MarketIndices, storeMarketIndices } from '../../../src/dashboard/index.js';
import type { WithRedis } from '../../../src/index.js';

const circular: { self?: unknown } = {};
circular.self = circular;

const withIndex = (vnindex: unknown) => ({ success: true, indices: { vnindex } });
const withValue = (value: unknown) => withIndex({ value, error: null });

class Quote {
  volume = 1;
  get last() {
    return 1280;
  }
}

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
    [
      'a Map',
      withValue(new Map([[1, 2]])),
      'received an object (Map) that JSON does not keep whole under "value"',
    ],
    [
      'a Set inside',
      withValue([new Set([1])]),
      'received an object (Set) that JSON does not keep whole under "0"',
    ],
    [
      'an Error',
      withValue(Object.assign(new Error('x'), { code: 1 })),
      'received an object that JSON does not',
    ],
    ['a symbol', withValue({ [Symbol('last')]: 1 }), 'received an object that JSON does not keep whole'],
    ['a class with getters', withValue(new Quote()), 'received an object that JSON does not keep whole'],
    ['a subclass of it', withValue(new (class extends Quote {})()), 'received an object that JSON does not'],
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

describe('what JSON can hold is stored as it was checked', () => {
  class Index {
    get value() {
      return 1280;
    }
    get error() {
      return null;
    }
  }
  class Data {
    get success() {
      return true;
    }
    get indices() {
      return { vnindex: new Index() };
    }
  }

  test.each([
    ['data of classes with getters', new Data(), 1280],
    ['a date', withValue(new Date(0)), '1970-01-01T00:00:00.000Z'],
    ['what has a toJSON', withValue({ toJSON: () => [1] }), [1]],
    [
      'a class with fields',
      withValue(
        new (class {
          last = 1;
        })(),
      ),
      { last: 1 },
    ],
    [
      'nothing but null for a prototype',
      withValue(Object.assign(Object.create(null), { last: 1 })),
      { last: 1 },
    ],
    ['an object without fields', withValue({}), {}],
    ['an object of another realm', withValue(runInNewContext('({})')), {}],
    ['a boxed number', withValue(Object(1)), 1],
  ])('%s', async (_, data, value) => {
    const set = vi.fn(async (..._args: unknown[]) => 'OK');
    const withRedis = (async (fn: (redis: unknown) => unknown) => fn({ set })) as unknown as WithRedis;
    await storeMarketIndices(data as MarketIndices, { withRedis });
    const json = JSON.parse(String(set.mock.calls[0]?.[1]));
    expect(json).toEqual({ success: true, indices: { vnindex: { value, error: null } } });
  });
});
