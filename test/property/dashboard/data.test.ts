import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toDashboardData } from '../../../src/dashboard/index.js';
import { aliasTable } from '../../unit/dashboard/alias-table.js';

const everyName = aliasTable.flatMap(({ aliases }) => aliases);

const jsonValue = fc.jsonValue({ stringUnit: 'binary' });

/** Objects that hold some of the names, in any order, among others. */
const stored = fc.dictionary(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...everyName) }, fc.string(), fc.constant('__proto__')),
  jsonValue,
  { noNullPrototype: true, maxKeys: 40 },
);

/** The data contract, as slowly and plainly as it can be said. */
function expected(json: string): Record<string, unknown> {
  const entries = new Map(Object.entries(JSON.parse(json) as object));
  const data: Record<string, unknown> = {};
  for (const { field, aliases } of aliasTable) {
    for (const alias of [...aliases].reverse()) if (entries.has(alias)) data[field] = entries.get(alias);
  }
  return { ...data, data_source: 'real_time' };
}

describe('any stored object', () => {
  test('gives of each field the first alias present, and nothing else', () => {
    fc.assert(
      fc.property(stored, (object) => {
        const json = JSON.stringify(object);
        expect(toDashboardData(json)).toStrictEqual(expected(json));
      }),
      { numRuns: 500 },
    );
  });

  test('gives the same whatever the order of its names', () => {
    fc.assert(
      fc.property(stored, fc.infiniteStream(fc.nat()), (object, weights) => {
        const shuffled = Object.entries(object)
          .map((entry) => ({ entry, weight: weights.next().value as number }))
          .sort((a, b) => a.weight - b.weight)
          .map(({ entry: [name, value] }) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
        expect(toDashboardData(`{${shuffled.join(',')}}`)).toEqual(toDashboardData(JSON.stringify(object)));
      }),
    );
  });

  test('in canonical names comes back as it was', () => {
    const canonical = fc
      .record(Object.fromEntries(aliasTable.map(({ field }) => [field, jsonValue])), {
        requiredKeys: ['source'],
        noNullPrototype: true,
      })
      .map((fields) => JSON.parse(JSON.stringify({ ...fields, data_source: 'real_time' })));
    fc.assert(
      fc.property(canonical, (data) => {
        expect(toDashboardData(JSON.stringify(data))).toEqual(data);
      }),
    );
  });
});

describe('any text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().chain((json) => fc.nat(json.length).map((end) => json.slice(0, end))),
    fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', '\\u', 'null', '"btc"'))
      .map((parts) => parts.join('')),
  );

  test('gives an object or null, and never throws', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const data = toDashboardData(text);
        if (data !== null) expect(data.data_source).toBe('real_time');
      }),
      { numRuns: 2_000 },
    );
  });

  test('leaves Object.prototype as it was', () => {
    const before = Reflect.ownKeys(Object.prototype);
    fc.assert(
      fc.property(fc.string(), jsonValue, (name, value) => {
        const inner = `{${JSON.stringify(name)}:${JSON.stringify(value)}}`;
        toDashboardData(`{"__proto__":${inner},"constructor":{"prototype":${inner}}}`);
        expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
      }),
    );
  });
});
