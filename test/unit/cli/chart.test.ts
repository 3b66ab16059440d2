import { expect, it } from 'vitest';
import { drawChart } from '../../../src/cli/chart.js';
import { drawReport } from '../../../src/cli/leak-picture.js';
import type { LeakReport } from '../../../src/testing/index.js';

const report = (over: object) =>
  ({
    verdict: 'no leak',
    reason: 'nothing',
    calls: 3,
    warmup: { calls: 2, opened: 1, samples: [0, 1, 1] },
    connections: { before: 1, after: 1, samples: [1, 1, 1, 1] },
    ...over,
  }) as unknown as LeakReport;

const titleIn = (svg: string) => /class="title"[^>]*>([^<]*)</.exec(svg)?.[1];
const pathIn = (svg: string) => /<path class="line [a-z]+" d="M([^"]+)"/.exec(svg)![1]!.split('L');
const xOf = (point: string) => Number(point.split(' ')[0]);
const markIn = (svg: string) => /<path class="mark" d="M([\d.]+) /.exec(svg)?.[1];

it('draws the warm-up before 0, and marks where it ends', () => {
  const svg = drawReport('getter', report({}));
  expect(titleIn(svg)).toBe('getter does not leak: 1 open after the warm-up, 1 at the end');
  expect(svg).toContain('>the warm-up of 2 calls ends</text>');
  // Two of the warm-up, then the start of the measured calls, each of these, and where it comes to rest.
  const points = pathIn(svg);
  expect(points).toHaveLength(2 + 1 + 3 + 1);
  expect(xOf(points[2]!)).toBe(Number(markIn(svg)));
  expect(xOf(points[0]!)).toBe(76);
});

it('marks nothing where there was no warm-up', () => {
  const svg = drawReport('getter', report({ warmup: { calls: 0, opened: 0, samples: [0] } }));
  expect(markIn(svg)).toBeUndefined();
  expect(titleIn(svg)).toContain('1 open at the start, 1 at the end');
});

it('ends where connections come to rest that close late', () => {
  const svg = drawReport('getter', report({ connections: { before: 0, after: 0, samples: [0, 5, 6, 7] } }));
  expect(svg).toContain('>open: 0</text>');
  expect(pathIn(svg).at(-1)).toMatch(/ 388$/);
});

it.each([
  ['leak', 'getter: 9 stayed open', 'bad'],
  ['inconclusive', 'getter, inconclusive: 9 stayed open', 'open'],
] as const)('gives the reason of %s', (verdict, title, tone) => {
  const svg = drawReport('getter', report({ verdict, reason: '9 stayed open' }));
  expect(titleIn(svg)).toBe(title);
  expect(svg).toContain(`<path class="line ${tone}"`);
});

it('cuts a long name, not what was found', () => {
  const svg = drawReport('getEverythingThatTheWholeCompanyKnows', report({}));
  expect(titleIn(svg)).toMatch(/^getEverythingThatTheW… does not leak: .* 1 at the end$/);
});

it('makes room for long labels', () => {
  const text = { title: 't', subtitle: 's', xLabel: 'x', yLabel: 'y' };
  const label = 'a getter with a name that is rather long';
  const svg = drawChart(text, [{ label, tone: 'good', values: [0, 1] }]);
  const [, x] = /class="label good" x="([\d.]+)"/.exec(svg)!;
  expect(Number(x) + (label.length + 3) * 8).toBeLessThanOrEqual(880);
});
