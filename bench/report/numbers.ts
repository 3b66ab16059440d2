import type { Spread, Unit } from '../figures.js';

/** `41.2k/s`, `1.32 ×`, `85 ms`: three digits say all that a measurement knows. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === '/s') return `${formatThousands(value)}/s`;
  if (unit === '×') return `${value.toFixed(2)} ×`;
  return `${formatDigits(value)} ${unit}`;
}

export function formatRange({ min, max, rounds }: Spread, unit: Unit): string {
  if (rounds.length < 2) return '';
  if (unit === '/s') return `${formatThousands(min)}–${formatThousands(max)}`;
  if (unit === '×') return `${min.toFixed(2)}–${max.toFixed(2)}`;
  return `${formatDigits(min)}–${formatDigits(max)}`;
}

export function formatDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : 2);
}

function formatThousands(value: number): string {
  return value < 1_000 ? formatDigits(value) : `${formatDigits(value / 1_000)}k`;
}

/** Milliseconds, or microseconds where those are more telling. */
export function formatShort(ms: number): string {
  return ms < 1 ? formatValue(ms * 1_000, 'µs') : formatValue(ms, 'ms');
}
