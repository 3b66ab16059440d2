import * as check from '../options/validation.js';
import type { LeakProgress } from './report.js';

/** How a function is checked. Durations are in ms; `Infinity` switches a limit off. */
export interface LeakCheckOptions {
  /** The server that is asked for its CLIENT LIST. Default: `process.env.REDIS_URL`. */
  readonly url?: string | undefined;
  /**
   * Calls that are measured, from 1. Default 200: one leak in ten calls does not hide from that many. Where they leave a
   * doubt there are up to twice as many more, and the report says so. A cache of connections that is larger than the calls
   * cannot be told from a leak.
   */
  readonly calls?: number | undefined;
  /** Calls at once, from 1. Default 10. */
  readonly concurrency?: number | undefined;
  /** Calls before the measured ones, from 0, in which pools may fill. Default: twice `concurrency`. */
  readonly warmup?: number | undefined;
  /**
   * How long connections may take to close after the last call, in ms. Default: as long as their number falls or a timer
   * of the calls may close some, at most 10_000; 2_000 where nothing moves.
   */
  readonly settleMs?: number | undefined;
  /** Limit of the whole check in ms, for a function that hangs. What has been found by then is reported. Default 60_000. */
  readonly deadlineMs?: number | undefined;
  /** Ends the check at once. What has been found by then is reported; before the first call it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each measured call. One that throws or rejects harms nothing. */
  readonly onProgress?: ((progress: LeakProgress) => void) | undefined;
}

/** Options with every default filled in. */
export interface LeakCheckSettings {
  readonly url: string | undefined;
  readonly calls: number;
  readonly concurrency: number;
  readonly warmup: number;
  readonly settleMs: number | undefined;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: LeakProgress) => void;
}

/** Before it is known how many calls are made at once. */
type Read = Omit<LeakCheckSettings, 'url' | 'warmup'> & Pick<LeakCheckOptions, 'warmup'>;

const KINDS: check.Kinds<Read> = {
  calls: check.count(1),
  concurrency: check.count(1),
  warmup: check.count(0),
  settleMs: check.DURATION,
  deadlineMs: check.DURATION,
  signal: check.SIGNAL,
  onProgress: check.FUNCTION,
};

const DEFAULTS: Read = {
  calls: 200,
  concurrency: 10,
  warmup: undefined,
  settleMs: undefined,
  deadlineMs: 60_000,
  signal: undefined,
  onProgress: () => undefined,
};

export function readLeakCheckOptions(options: LeakCheckOptions = {}): LeakCheckSettings {
  check.object('options', options);
  const read = check.options('', options, KINDS, DEFAULTS, ['url']);
  return { ...read, url: options.url, warmup: read.warmup ?? 2 * read.concurrency };
}
