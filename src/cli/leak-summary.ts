import { describeLeaks } from '../testing/description.js';
import type { LeakReport } from '../testing/index.js';
import { plot } from './plot.js';
import { type Output, paint } from './terminal.js';

const plotRows = 8;
const widest = 72;

/** What a check found, for eyes. */
export function summarize(name: string, report: LeakReport, output: Output): string {
  const { connections, heap, rss, handles } = report;
  const columns = Math.min(output.columns || widest, widest);
  return [
    paint(output, 'dim', `connections open, over calls of ${name}`),
    plot(connections.samples, { columns, rows: plotRows }),
    '',
    headline(report, output),
    ...warnings(report).map((text) => paint(output, 'yellow', text)),
    `connections: ${connections.opened} opened, at most ${connections.peak} at once, ${connections.after} open at the end`,
    `memory: heap ${growth(heap)}, resident ${growth(rss)}; handles: ${handles.before} before, ${handles.after} after`,
    '',
  ].join('\n');
}

/** Calls that all failed before they opened anything prove nothing. */
export function provesNothing({ calls, errors, connections }: LeakReport): boolean {
  return errors.count === calls && opensNothing({ connections });
}

function opensNothing({ connections }: Pick<LeakReport, 'connections'>): boolean {
  return connections.opened + connections.before === 0;
}

function headline(report: LeakReport, output: Output): string {
  if (!report.ok) return paint(output, 'red', `LEAK: ${describeLeaks(report)}`);
  if (provesNothing(report)) return paint(output, 'red', 'nothing was checked');
  return paint(output, 'green', `no leak in ${report.calls} calls`);
}

function warnings(report: LeakReport): string[] {
  const { count, first } = report.errors;
  const failures = `${count} of ${report.calls} calls failed; the first: ${reasonOf(first)}`;
  const silence = 'no call opened a connection: is this the function that was meant?';
  return [...(count > 0 ? [failures] : []), ...(opensNothing(report) ? [silence] : [])];
}

function growth({ before, after }: LeakReport['heap']): string {
  const megabytes = (after - before) / 1_048_576;
  return `${megabytes < 0 ? '-' : '+'}${Math.abs(megabytes).toFixed(1)} MB`;
}

/** On one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split('\n')[0]!;
}
