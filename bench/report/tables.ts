import { type Figure, isNoisy, type ScenarioResult, type Spread } from '../figures.js';
import type { Verdict } from '../verdicts.js';
import { isAmongOurs } from './headline.js';
import { formatDigits, formatRange, formatShort, formatValue } from './numbers.js';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const noisyMark = '~';
export const noisyLegend = `${noisyMark} noisy: the ratio wandered by more than 15 % over the rounds, or rounds lie on both sides of a limit`;

/** The figures of a scenario, a row each. */
export function figuresTable({ figures }: ScenarioResult): Table {
  const compared = figures.some(({ latency }) => latency);
  const ratios = isAmongOurs(figures) ? 'the first is' : 'with-redis is';
  const measures = compared
    ? ['', 'median', 'min–max', 'CPU', 'p50', 'p99', ratios]
    : ['', 'median', 'min–max'];
  const rows = figures.map((figure) => [
    figure.group,
    figure.subject,
    formatValue(figure.value.median, figure.unit),
    formatRange(figure.value, figure.unit),
    ...(compared ? comparedColumns(figure) : []),
  ]);
  return { head: ['', ...measures], rows: withoutRepeatedGroups(rows) };
}

function comparedColumns(figure: Figure): string[] {
  const { cpuMicros, latency, oursOver } = figure;
  return [
    cpuMicros ? `${formatDigits(cpuMicros.median)} µs` : '',
    latency ? formatShort(latency.p50Ms) : '',
    latency ? formatShort(latency.p99Ms) : '',
    oursOver ? formatRatio(oursOver) : '',
  ];
}

export function formatRatio(ratio: Spread): string {
  return `${formatValue(ratio.median, '×')}${isNoisy(ratio) ? ` ${noisyMark}` : ''}`;
}

export function verdictsTable(verdicts: readonly Verdict[]): Table {
  const rows = verdicts.map((verdict) => [
    verdict.met ? '✓' : '✗',
    verdict.scenario,
    verdict.group,
    verdict.over === undefined ? verdict.subject : `over ${verdict.over}`,
    verdict.bound,
    `${formatValue(verdict.value.median, verdict.unit)}${verdict.noisy ? ` ${noisyMark}` : ''}`,
    formatRange(verdict.value, verdict.unit),
  ]);
  return {
    head: ['', 'scenario', '', 'with-redis', 'target', 'measured', 'min–max'],
    rows: rows,
  };
}

function withoutRepeatedGroups(rows: readonly (readonly string[])[]): string[][] {
  return rows.map(([group = '', ...columns], index) => [
    group === rows[index - 1]?.[0] ? '' : group,
    ...columns,
  ]);
}

/** For a terminal: text to the left, figures to the right. */
export function formatPlain({ head, rows }: Table): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isText = (column: number) => rows.every((row) => !/^[\d.-]/.test(row[column]!));
  const pad = (cell: string, column: number) =>
    isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

export function formatMarkdown({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (rows.some((row) => /^[\d.-]/.test(row[column]!)) ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
