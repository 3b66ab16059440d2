import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toDashboardData } from '../../../src/dashboard/index.js';
import { aliasTable } from './alias-table.js';

const read = (stored: unknown) => toDashboardData(JSON.stringify(stored));

const pairs = aliasTable.flatMap(({ field, aliases }) => aliases.map((alias) => ({ field, alias })));

const laterPairs = aliasTable.flatMap(({ field, aliases }) =>
  aliases.slice(1).map((later, index) => ({ field, earlier: aliases[index]!, later })),
);

describe('each alias', () => {
  test.each(pairs)('$alias is read into $field', ({ field, alias }) => {
    expect(read({ [alias]: 12.5 })).toEqual({ [field]: 12.5, data_source: 'real_time' });
  });

  test.each(laterPairs)('$earlier wins over $later, in whatever order they are stored', (pair) => {
    const { field, earlier, later } = pair;
    expect(read({ [later]: 2, [earlier]: 1 })).toMatchObject({ [field]: 1 });
    expect(read({ [earlier]: 1, [later]: 2 })).toMatchObject({ [field]: 1 });
  });

  test.each(laterPairs)('$earlier being null wins over $later', ({ field, earlier, later }) => {
    expect(read({ [later]: 2, [earlier]: null })).toMatchObject({ [field]: null });
  });
});

describe('fields', () => {
  test.each([[0], [''], [false], [null], [-0.5], ['97,412']])('of the value %j are present', (value) => {
    expect(read({ btc_price: value, btc: 1 })).toEqual({ btc_price: value, data_source: 'real_time' });
  });

  test('that are absent stay absent', () => {
    expect(Object.keys(read({ unrelated: 1 })!)).toEqual(['data_source']);
  });

  test.each(['data_sources', 'partial_failure', 'fetch_duration_ms'])('%s is taken as it is', (field) => {
    const value = { any: ['thing', null] };
    expect(read({ [field]: value })).toEqual({ [field]: value, data_source: 'real_time' });
  });

  test('data_source is always real_time, and what was stored there is an alias of source', () => {
    expect(read({ data_source: 'cache' })).toEqual({ source: 'cache', data_source: 'real_time' });
  });

  test('of a realistic value are all found', () => {
    const sample = readFileSync(new URL('../../../bench/demo/sample.json', import.meta.url), 'utf8');
    const data = toDashboardData(sample);
    expect(Object.keys(data!).sort()).toEqual(
      [...aliasTable.map(({ field }) => field), 'data_source'].sort(),
    );
    expect(data).toMatchObject({ btc_price: 97412.65, bnb_change_24h: 0, partial_failure: false });
  });
});

describe('what is no JSON object is null', () => {
  test.each([
    '',
    ' ',
    'hello',
    '{',
    '{"btc":1',
    "{'btc':1}",
    '{"btc":NaN}',
    '\uFEFF{}',
    '[]',
    '[{"btc":1}]',
    '1',
    '"{}"',
    'true',
    'null',
  ])('%j', (json) => {
    expect(toDashboardData(json)).toBeNull();
  });
});

describe('hostile input harms nothing', () => {
  test('a stored __proto__ reaches neither the answer nor any other object', () => {
    const data = toDashboardData('{"__proto__":{"btc_price":1,"polluted":true},"constructor":1,"eth":2}');
    expect(data).toEqual({ eth_price: 2, data_source: 'real_time' });
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  test('what Object.prototype holds is not taken for a stored field', () => {
    Object.defineProperty(Object.prototype, 'btc_price', { value: 666, configurable: true });
    try {
      expect(Object.hasOwn(toDashboardData('{"btc":1}')!, 'btc_price')).toBe(true);
      expect(toDashboardData('{"btc":1}')!.btc_price).toBe(1);
      expect(Object.hasOwn(toDashboardData('{}')!, 'btc_price')).toBe(false);
    } finally {
      delete (Object.prototype as { btc_price?: unknown }).btc_price;
    }
  });

  test('5 MB are read', () => {
    const data = read({ btc: 1, data_sources: { text: 'x'.repeat(5_000_000) } });
    expect(data).toHaveProperty('data_sources.text.length', 5_000_000);
  });

  test('300,000 keys that nobody asked for are left out', () => {
    const noise = Array.from({ length: 300_000 }, (_, index) => `"k${index}":${index}`).join(',');
    expect(toDashboardData(`{${noise},"btc":1}`)).toEqual({ btc_price: 1, data_source: 'real_time' });
  });

  test('100,000 nested arrays are a value where they stand, and no object on their own', () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(toDashboardData(nested)).toBeNull();
    expect(Array.isArray(toDashboardData(`{"data_sources":${nested},"btc":1}`)?.data_sources)).toBe(true);
    expect(toDashboardData('['.repeat(100_000))).toBeNull();
    expect(toDashboardData('{"a":'.repeat(100_000))).toBeNull();
  });

  test('a lone surrogate is passed on', () => {
    expect(toDashboardData('{"source":"\\ud800","\\udfff":1}')?.source).toBe('\ud800');
    expect(toDashboardData('{"source":"\ud800"}')?.source).toBe('\ud800');
  });

  test('of a name stored twice the last value counts, as JSON.parse has it', () => {
    expect(toDashboardData('{"btc":1,"btc":2}')?.btc_price).toBe(2);
  });
});
