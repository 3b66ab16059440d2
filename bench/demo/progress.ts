import { type Output, paint, redrawsOn } from '../../src/cli/terminal.js';
import type { Series } from './comparison.js';

export interface Progress {
  /** After each sample. */
  update(): void;
  /** The final state. */
  finish(): void;
}

const barWidth = 40;
const frameMs = 33;
const plainEvery = 50;

/** A table redrawn in place on a terminal; plain lines into a pipe, a file, a CI log. */
export function createProgress(output: Output, series: readonly Series[], calls: number): Progress {
  return redrawsOn(output) ? createLiveTable(output, series, calls) : createPlainLines(output, series, calls);
}

function createLiveTable(output: Output, series: readonly Series[], calls: number): Progress {
  let drawnAt = 0;
  let drawnLines = 0;
  const draw = () => {
    const rows = tableRows(output, series, calls);
    if (drawnLines > 0) output.moveCursor(0, -drawnLines);
    output.cursorTo(0);
    output.clearScreenDown();
    output.write(`${rows.join('\n')}\n`);
    drawnLines = rows.length;
    drawnAt = Date.now();
  };
  return {
    update: () => {
      if (Date.now() - drawnAt >= frameMs) draw();
    },
    finish: draw,
  };
}

function tableRows(output: Output, series: readonly Series[], calls: number): string[] {
  // One for each call at most, so that a bar says the same from the first call on.
  const before = Math.max(...series.map(({ connectedClients: [first = 0] }) => first));
  const highest = before + calls;
  const width = Math.min(barWidth, output.columns - 42);
  const head = `${''.padEnd(16)}${'calls'.padStart(9)}   connected_clients`;
  return [
    paint(output, 'bold', head),
    ...series.map((each) => tableRow(output, each, calls, highest, width)),
  ];
}

function tableRow(output: Output, each: Series, calls: number, highest: number, width: number): string {
  const clients = each.connectedClients.at(-1);
  const done = `${Math.max(0, each.connectedClients.length - 1)}/${calls}`;
  const bar = clients === undefined ? '' : horizontalBar((clients / highest) * width);
  const label = `${each.label.padEnd(16)}${done.padStart(9)}`;
  return `${label}${String(clients ?? '').padStart(8)}  ${paint(output, each.tone === 'bad' ? 'red' : 'green', bar)}`;
}

/** In eighths of a cell; something that is not zero always shows. */
function horizontalBar(cells: number): string {
  const eighths = cells > 0 ? Math.max(1, Math.round(cells * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}

function createPlainLines(output: Output, series: readonly Series[], calls: number): Progress {
  return {
    update: () => {
      const each = series.filter((candidate) => candidate.connectedClients.length > 0).at(-1);
      const call = (each?.connectedClients.length ?? 1) - 1;
      if (each && (call % plainEvery === 0 || call === calls || call === 1))
        output.write(plainLine(each, call, calls));
    },
    finish: () => undefined,
  };
}

function plainLine(each: Series, call: number, calls: number): string {
  const clients = String(each.connectedClients.at(-1)).padStart(4);
  return `${each.label.padEnd(14)}  call ${String(call).padStart(3)}/${calls}  connected_clients ${clients}\n`;
}
