import type { WithRedis } from '../index.js';
import type { Logger } from './logger.js';
import { ensure, ensureInstance, ensureKey, ensureKnownNames, isObject } from './validation.js';

/** Options of `getRealtimeDashboardData` and `readDashboard`. */
export interface DashboardOptions {
  /** Where the connection is borrowed. Default: the default instance, which reads `REDIS_URL`. */
  readonly withRedis?: WithRedis;
  /** Default `'latest_market_data'`. */
  readonly key?: string;
  /** Ends the call at once, also between two attempts; it rejects with `signal.reason`, by identity. */
  readonly signal?: AbortSignal;
  /** Gets one line for each outcome, and one before each further attempt. Default `console`. */
  readonly logger?: Logger;
  /** Reads at most while the key is absent or empty, the first included: a whole number from 1. Default 3. */
  readonly attempts?: number;
  /** Wait between two attempts in ms, the connection released meanwhile: more than 0, at most 2_147_483_647. Default 2_000. */
  readonly delayMs?: number;
}

/** Options with every default filled in. */
export interface DashboardSettings {
  readonly withRedis: WithRedis | undefined;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  readonly logger: Logger;
  readonly attempts: number;
  readonly delayMs: number;
}

const NAMES = ['withRedis', 'key', 'signal', 'logger', 'attempts', 'delayMs'] as const;

/** Node's timers count no further: a longer wait would never end. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export function readDashboardOptions(options: DashboardOptions = {}): DashboardSettings {
  ensure('options', isObject(options), 'an object', options);
  ensureKnownNames('', options, NAMES);
  const { withRedis, key = 'latest_market_data', signal } = options;
  const { logger = console, attempts = 3, delayMs = 2_000 } = options;
  ensureInstance(withRedis);
  ensureKey(key);
  ensure('signal', signal === undefined || signal instanceof AbortSignal, 'an AbortSignal', signal);
  ensure('logger', isLogger(logger), 'an object with the methods info, warn and error', logger);
  ensure('attempts', Number.isSafeInteger(attempts) && attempts >= 1, 'a whole number from 1', attempts);
  const isDelay = typeof delayMs === 'number' && delayMs > 0 && delayMs <= LONGEST_DELAY_MS;
  ensure('delayMs', isDelay, `a number of ms, more than 0 and at most ${LONGEST_DELAY_MS}`, delayMs);
  return { withRedis, key, signal, logger, attempts, delayMs };
}

function isLogger(value: unknown): value is Logger {
  const logger = value as Logger | null;
  return (['info', 'warn', 'error'] as const).every((level) => typeof logger?.[level] === 'function');
}
