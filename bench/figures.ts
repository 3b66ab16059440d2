/** One value for each round, and what they say together. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: readonly number[];
}

export type Unit = '/s' | 'ms' | 'µs' | 'ns' | 'bytes' | 'kB' | '×';

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One row of a table, one bar of a chart. */
export interface Figure {
  /** What is compared with each other, such as `50 callers`. */
  readonly group: string;
  /** Who or what was measured. */
  readonly subject: string;
  /** It is this package that was measured; charts show it. */
  readonly own?: boolean;
  readonly unit: Unit;
  readonly value: Spread;
  /** Processor time of this process for each operation, the garbage collector's threads included. */
  readonly cpuMicros?: Spread;
  /** So many times this one is ours, where ours was measured in the same slices. */
  readonly oursOver?: Spread;
  /** From a pass of its own, so that taking times does not slow the rounds. */
  readonly latency?: Latency;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly tookMs: number;
  readonly figures: readonly Figure[];
  /** What a reader has to know, such as a peer that was left out. */
  readonly notes: readonly string[];
}

/** A ratio that wanders more than this over its rounds is called noisy. */
const NOISY_ABOVE = 0.15;

export function spreadOf(rounds: readonly number[]): Spread {
  return { median: median(rounds), min: Math.min(...rounds), max: Math.max(...rounds), rounds };
}

/** Round by round. */
export function ratioOf(above: Spread, below: Spread): Spread {
  return spreadOf(above.rounds.map((value, round) => value / below.rounds[round]!));
}

export function isNoisy({ median, min, max }: Spread): boolean {
  return (max - min) / median > NOISY_ABOVE;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
