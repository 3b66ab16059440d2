import { expect, it } from 'vitest';
import { type Figure, type ScenarioResult, spreadOf } from '../../../bench/figures.js';
import { chartOf } from '../../../bench/report/charts.js';
import { headlineOf } from '../../../bench/report/headline.js';
import { figuresTable } from '../../../bench/report/tables.js';

const environment = {
  date: '2026-01-02',
  machine: { cpu: 'a processor', cores: 2, memoryGb: 8, system: 'Linux', loadBefore: 0 },
  versions: { server: 'redis 7.0.15 started', ioredis: '6.0.0', node: '20.20.2' },
} as unknown as Parameters<typeof chartOf>[0];

const resultOf = (figures: readonly Figure[], title = 'A title') =>
  ({
    name: 'any',
    title,
    measuredAt: '2026-01-02T00:00:00Z',
    tookMs: 1,
    figures,
    notes: [],
  }) as ScenarioResult;

const rate = (group: string, subject: string, perSecond: number, ratio?: number): Figure => ({
  group,
  subject,
  own: subject.startsWith('with-redis'),
  unit: '/s',
  value: spreadOf([perSecond]),
  latency: { p50Ms: 1, p99Ms: 2 },
  ...(ratio && { oursOver: spreadOf([ratio]) }),
});
const cost = (group: string, subject: string, unit: 'bytes' | 'ms', value: number): Figure => ({
  group,
  subject,
  own: subject.startsWith('with-redis'),
  unit,
  value: spreadOf([value]),
});

const pooled = resultOf([
  rate('1 ms away, 1 caller', 'with-redis', 900),
  rate('1 ms away, 1 caller', 'idealised free-list', 1_000, 0.9),
  rate('1 ms away, 1 caller', 'node-redis pool', 600, 1.5),
  rate('1 ms away, 1 caller', 'generic-pool by hand', 1_000, 0.9),
  rate('1 ms away, 256 callers', 'with-redis', 2_000),
  rate('1 ms away, 256 callers', 'node-redis pool', 1_000, 2),
  rate('1 ms away, 256 callers', 'generic-pool by hand', 1_600, 1.25),
]);

it('says how ours compares with who comes closest, over all groups, also where it is slower', () => {
  expect(headlineOf(pooled)).toBe(
    'with-redis is 0.90 to 1.25 × generic-pool by hand and 1.50 to 2.00 × node-redis pool',
  );
});

it('names the group where there is one, and keeps a comma inside a name apart', () => {
  const one = resultOf([rate('50 callers', 'with-redis', 2), rate('50 callers', 'ioredis, shared', 1, 2)]);
  expect(headlineOf(one)).toBe('with-redis is 2.00 × “ioredis, shared” with 50 callers');
});

it('compares the first row with the others where all are ours', () => {
  const variants = resultOf([
    rate('50 callers', 'with-redis', 100),
    rate('50 callers', 'with-redis, retry', 80, 1.25),
    rate('50 callers', 'with-redis, shared', 400, 0.25),
  ]);
  expect(headlineOf(variants)).toBe('“with-redis, retry” costs most: plain with-redis is 1.25 × that');
  expect(figuresTable(variants).head.at(-1)).toBe('the first is');
  expect(figuresTable(pooled).head.at(-1)).toBe('with-redis is');
  expect(chartOf(environment, variants)).toContain('>the first is 1.25 ×</text>');
});

it('tells values where nothing is compared, ours beside the others, and which end of the scale is good', () => {
  const bytes = resultOf([
    cost('aborted', 'one signal', 'ms', 1),
    cost('heap', 'with-redis', 'bytes', 712),
    cost('heap', 'with-redis, options', 'bytes', 743),
    cost('heap', 'generic-pool', 'bytes', 1218),
  ]);
  expect(headlineOf(bytes)).toBe(
    'with-redis 712 bytes, generic-pool 1218 bytes, “with-redis, options” 743 bytes (heap)',
  );
  expect(chartOf(environment, bytes).match(/less is better/g)).toHaveLength(2);
  expect(chartOf(environment, pooled).match(/more is better/g)).toHaveLength(2);
});

it('keeps all that it draws within the picture, also long names', () => {
  const long = 'a name that somebody made as long as a whole sentence may be';
  const figures = [rate(long, `with-redis, ${long}`, 5), rate(long, long, 4, 1.25)];
  const svg = chartOf(environment, resultOf(figures, `${long}, ${long}, ${long}`));
  const [, height] = /viewBox="0 0 880 (\d+)"/.exec(svg)!;
  for (const [, x, y, anchor, text] of svg.matchAll(
    /<text class="(?:title|soft|strong|)" x="([\d.]+)" y="([\d.]+)"(?: text-anchor="(end)")?>([^<]*)/g,
  )) {
    expect(Number(y)).toBeLessThan(Number(height));
    const wide = text!.length * 6.5;
    const [from, to] = anchor ? [Number(x) - wide, Number(x)] : [Number(x), Number(x) + wide];
    expect({ text, fits: from >= 0 && to <= 880 }).toEqual({ text, fits: true });
  }
});
