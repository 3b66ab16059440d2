import { describePlaces, firstLineOf } from '../testing/description.js';
import type { LeakReport } from '../testing/index.js';
import { plot } from './plot.js';
import { printable, printableLines } from './printable.js';
import { type Output, paint } from './terminal.js';

const plotRows = 8;
const widest = 72;

/** What a check found, for eyes. */
export function summarize(name: string, report: LeakReport, output: Output): string {
  const { connections, heap, rss, handles } = report;
  const columns = Math.min(output.columns || widest, widest);
  const drawing = [
    paint(output, 'dim', `connections open, over calls of ${printable(name)}`),
    plot(connections.samples, { columns, rows: plotRows }),
    '',
  ];
  return [
    ...(connections.samples.length > 1 ? drawing : []),
    headline(report, output),
    ...report.notes.map((text) => paint(output, 'yellow', printableLines(text))),
    `connections: ${connections.opened} opened, at most ${connections.peak} at once, ${connections.after} open at the end`,
    `memory: heap ${growth(heap)}, resident ${growth(rss)}; handles: ${handles.before} before, ${handles.after} after`,
    '',
  ].join('\n');
}

function headline({ verdict, reason, leaked, calls }: LeakReport, output: Output): string {
  if (verdict === 'no leak') return paint(output, 'green', `no leak in ${calls} calls`);
  if (verdict === 'inconclusive') return paint(output, 'red', printable(`inconclusive: ${reason}`));
  return paint(output, 'red', printableLines([`LEAK: ${reason}`, ...describePlaces(leaked)].join('\n')));
}

function growth({ before, after }: LeakReport['heap']): string {
  const megabytes = (after - before) / 1_048_576;
  return `${megabytes < 0 ? '-' : '+'}${Math.abs(megabytes).toFixed(1)} MB`;
}

/** On one line. A service may throw anything, also what has no text. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return printable(firstLineOf(message || error));
}
