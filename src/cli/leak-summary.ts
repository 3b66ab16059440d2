import { describeLeaks } from '../testing/description.js';
import type { LeakReport } from '../testing/index.js';
import { plot } from './plot.js';
import { type Output, paint } from './terminal.js';

const plotRows = 8;
const widest = 72;

/** What a check found, for eyes. */
export function summarize(name: string, report: LeakReport, output: Output): string {
  const { connections, errors } = report;
  const columns = Math.min(output.columns || widest, widest);
  return [
    paint(output, 'dim', `connections open, over calls of ${name}`),
    plot(connections.samples, { columns, rows: plotRows }),
    '',
    report.ok ? paint(output, 'green', `no leak in ${report.calls} calls`) : paint(output, 'red', 'LEAK'),
    ...(report.ok ? [] : [describeLeaks(report)]),
    `connections: ${connections.opened} opened, ${connections.peak} at once at most, ${connections.after} open at the end`,
    `memory: ${growth(report.heap)} heap, ${growth(report.rss)} resident; handles: ${report.handles.before} before, ${report.handles.after} after`,
    ...warnings(errors.count, errors.first, report).map((text) => paint(output, 'yellow', text)),
    '',
  ].join('\n');
}

function warnings(failed: number, first: unknown, { calls, connections }: LeakReport): string[] {
  return [
    ...(failed > 0 ? [`${failed} of ${calls} calls failed; the first: ${reasonOf(first)}`] : []),
    ...(connections.opened + connections.before === 0
      ? ['no call opened a connection: is this the function that was meant?']
      : []),
  ];
}

function growth({ before, after }: { readonly before: number; readonly after: number }): string {
  const megabytes = (after - before) / 1_048_576;
  return `${megabytes < 0 ? '-' : '+'}${Math.abs(megabytes).toFixed(1)} MB`;
}

/** On one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split('\n')[0]!;
}
