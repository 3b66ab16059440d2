import { expect, it } from 'vitest';
import { drawChart } from '../../../src/cli/chart.js';
import { plot } from '../../../src/cli/plot.js';

const text = (...lines: string[]) => lines.join('\n');

it('draws a column for each call where there is room', () => {
  expect(plot([0, 1, 2, 3, 4], { columns: 40, rows: 2 })).toBe(
    text('4 │   ▄█', '  │ ▄███', '0 └─────', '   0 4 calls'),
  );
});

it('shows a peak, however narrow it is', () => {
  const values = Array.from({ length: 400 }, (_, call) => (call === 150 ? 12 : 0));
  expect(plot(values, { columns: 24, rows: 1 })).toBe(
    text('12 │       █', ' 0 └───────────────────', '    0         399 calls'),
  );
});

it('draws nothing above the axis where nothing was open', () => {
  expect(plot([0, 0, 0], { columns: 40, rows: 2 })).toBe(text('1 │', '  │', '0 └───', '   0 2 calls'));
});

it('draws however many calls there were', () => {
  const values = Array.from({ length: 300_000 }, (_, call) => call % 8);
  const [first] = plot(values, { columns: 72, rows: 8 }).split('\n');
  expect(first).toMatch(/^7 │█+$/);
  const text = { title: '', subtitle: '', xLabel: '', yLabel: '' };
  expect(drawChart(text, [{ label: 'open', tone: 'open', values }])).toContain('open: 7');
});
