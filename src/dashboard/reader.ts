import { withRedis as defaultInstance, type Outcome, type WithRedis } from '../index.js';
import { type DashboardData, parseDashboard } from './data.js';
import { reasonOf } from './failure-reason.js';
import { log } from './logger.js';
import { type DashboardOptions, type DashboardSettings, readDashboardOptions } from './options.js';
import { type DashboardResult, lineOf, quoted } from './result.js';

/** Time that one attempt may take: as long again as an instance lets it wait for a connection. */
const ATTEMPT_MS = 10_000;

/** The deadline that a call has where nobody sets one. */
const LEAST_DEADLINE_MS = 30_000;

/**
 * Reads the market data that another service stores in Redis, or answers `null`; the log says why.
 *
 * Each attempt borrows a connection and gives it back before the answer, and before the wait for the next attempt.
 * Only an absent or empty key is worth another attempt. A call takes at most 10 s an attempt plus the waits, or 30 s
 * where that is longer; for a tighter limit pass `AbortSignal.timeout(ms)`.
 *
 * @throws `signal.reason`, by identity, once `signal` has aborted.
 * @throws {ConfigurationError} An option cannot be used. Nothing else rejects.
 *
 * @example
 * ```ts
 * import { createWithRedis } from 'with-redis';
 * import { getRealtimeDashboardData } from 'with-redis/dashboard';
 *
 * const withRedis = createWithRedis({ pool: true });
 * const data = await getRealtimeDashboardData({ withRedis, signal: AbortSignal.timeout(3_000) });
 * console.log(data?.btc_price ?? 'no price yet');
 * ```
 */
export async function getRealtimeDashboardData(options?: DashboardOptions): Promise<DashboardData | null> {
  const result = await readDashboard(options);
  return result.status === 'ok' ? result.data : null;
}

/** The same for callers who must know why there is no data: what was read, or what stood in the way. */
export async function readDashboard(options?: DashboardOptions): Promise<DashboardResult> {
  const settings = readDashboardOptions(options);
  settings.signal?.throwIfAborted();
  const result = await read(settings);
  const { level, message } = lineOf(result);
  log(settings.logger, level, message);
  return result;
}

async function read(settings: DashboardSettings): Promise<DashboardResult> {
  const { key, signal } = settings;
  const withRedis = settings.withRedis ?? (process.env.REDIS_URL ? defaultInstance : undefined);
  if (!withRedis) return { status: 'unconfigured', reason: 'REDIS_URL not set' };
  try {
    return toResult(await fetchValue(withRedis, settings), settings);
  } catch (error) {
    signal?.throwIfAborted();
    return { status: 'unavailable', key, reason: reasonOf(error), error };
  }
}

function toResult(value: string | null, { key, attempts }: DashboardSettings): DashboardResult {
  if (!value) {
    const reason = `${quoted(key)} is absent or empty after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
    return { status: 'missing', key, attempts, reason };
  }
  const parsed = parseDashboard(value);
  if (parsed.ok) return { status: 'ok', key, data: parsed.data };
  return {
    status: 'malformed',
    key,
    reason: `the value of ${quoted(key)} (${value.length} characters) ${parsed.problem}`,
  };
}

function fetchValue(withRedis: WithRedis, settings: DashboardSettings): Promise<string | null> {
  const { key, signal, attempts, delayMs } = settings;
  const when = (outcome: Outcome<unknown>, attempt: number) => {
    if (!outcome.ok || outcome.value) return false;
    announceRetry(settings, attempt);
    return true;
  };
  return withRedis((redis) => redis.get(key), {
    label: 'dashboard',
    // In a cluster it says which server is asked.
    key,
    deadlineMs: Math.max(LEAST_DEADLINE_MS, attempts * ATTEMPT_MS + (attempts - 1) * delayMs),
    retry: { attempts, delayMs, maxDelayMs: delayMs, factor: 1, jitter: 'none', when },
    ...(signal && { signal }),
  });
}

function announceRetry({ logger, key, attempts, delayMs }: DashboardSettings, attempt: number): void {
  const next = `next attempt in ${delayMs} ms`;
  log(logger, 'info', `${quoted(key)} is absent or empty: attempt ${attempt} of ${attempts}, ${next}`);
}
