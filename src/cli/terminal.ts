import { inspect } from 'node:util';

export type Output = NodeJS.WriteStream;
export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const narrowest = 50;

/** Whether a drawing can be redrawn in place: a row that wraps could not. */
export function redrawsOn(output: Output): boolean {
  return output.isTTY && output.columns >= narrowest && process.env.TERM !== 'dumb' && !process.env.CI;
}

/** FORCE_COLOR decides, then NO_COLOR; otherwise a terminal has colours and a pipe has none. */
function hasColors(output: Output): boolean {
  const { FORCE_COLOR, NO_COLOR } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return !NO_COLOR && output.isTTY && output.hasColors();
}

export function paint(output: Output, format: Format, text: string): string {
  if (!hasColors(output)) return text;
  // `styleText` came with Node 20.12, and its newer versions ask the stream themselves.
  const [on, off] = inspect.colors[format]!;
  return `\u001b[${on}m${text}\u001b[${off}m`;
}
