const eighths = ['', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export interface PlotSize {
  readonly columns: number;
  readonly rows: number;
}

/** Values over calls, for a terminal; `values[0]` is before the first call. */
export function plot(values: readonly number[], { columns, rows }: PlotSize): string {
  const highest = highestOf(values, 1);
  const labelWidth = String(highest).length;
  const width = Math.max(1, Math.min(values.length, columns - labelWidth - 3));
  const heights = bins(values, width).map((value) => Math.round((value / highest) * rows * 8));
  const lines = Array.from({ length: rows }, (_, index) => {
    const base = (rows - 1 - index) * 8;
    const label = index === 0 ? String(highest) : '';
    const cells = heights.map((height) => eighths[Math.max(0, Math.min(8, height - base))] || ' ');
    return `${label.padStart(labelWidth)} │${cells.join('')}`.trimEnd();
  });
  const axis = `${'0'.padStart(labelWidth)} └${'─'.repeat(width)}`;
  const legend = `${' '.repeat(labelWidth + 2)}0${` ${values.length - 1} calls`.padStart(width - 1)}`;
  return [...lines, axis, legend].join('\n');
}

/** However many there are: a function takes some 100,000 arguments. */
export function highestOf(values: readonly number[], least: number): number {
  return values.reduce((highest, value) => Math.max(highest, value), least);
}

/** The highest value of each column's share: a peak must show. */
function bins(values: readonly number[], width: number): number[] {
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.floor(((column + 1) * values.length) / width);
    return highestOf(values.slice(from, to), 0);
  });
}
