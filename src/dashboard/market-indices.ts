import { ConfigurationError, withRedis as defaultInstance, type WithRedis } from '../index.js';
import { described } from '../options/validation.js';
import type { JsonValue } from './data.js';
import { ensure, ensureInstance, ensureKey, ensureKnownNames, isObject } from './validation.js';

const INDEX_NAMES = ['vnindex', 'vn30', 'hnxindex', 'hnx30', 'upcomindex'] as const;

/** The indices that the key may hold. */
export type MarketIndexName = (typeof INDEX_NAMES)[number];

/** One index. */
export interface MarketIndex {
  /** What was measured, or `null` where `error` says why not. */
  readonly value: JsonValue;
  readonly error: string | null;
}

/** What the key `market_indices` holds. An index that was not fetched may be left out. */
export interface MarketIndices {
  readonly success: boolean;
  readonly indices: Readonly<Partial<Record<MarketIndexName, MarketIndex>>>;
}

/** Options of `storeMarketIndices`. */
export interface MarketIndicesOptions {
  /** Where the connection is borrowed. Default: the default instance, which reads `REDIS_URL`. */
  readonly withRedis?: WithRedis;
  /** Default `'market_indices'`. */
  readonly key?: string;
  /** Life of the key in seconds: a whole number from 1. Default 300. */
  readonly ttlSeconds?: number;
}

/**
 * Stores the market indices as JSON that expires: value and life in one command, so that none is ever kept for good.
 *
 * Resolves once the server has confirmed. A write that fails rejects: nobody should take old indices for new ones.
 *
 * @throws {ConfigurationError} The data or an option cannot be used; nothing was sent.
 * @throws Whatever the instance rejects with, such as `ConnectError`, by identity.
 *
 * @example
 * ```ts
 * import { storeMarketIndices } from 'with-redis/dashboard';
 *
 * await storeMarketIndices(
 *   { success: true, indices: { vnindex: { value: 1280.5, error: null } } },
 *   { ttlSeconds: 60 },
 * );
 * ```
 */
export async function storeMarketIndices(
  data: MarketIndices,
  options: MarketIndicesOptions = {},
): Promise<void> {
  ensure('options', isObject(options), 'an object', options);
  ensureKnownNames('', options, ['withRedis', 'key', 'ttlSeconds']);
  const { withRedis = defaultInstance, key = 'market_indices', ttlSeconds = 300 } = options;
  ensureInstance(withRedis);
  ensureKey(key);
  const isLife = Number.isSafeInteger(ttlSeconds) && ttlSeconds >= 1;
  ensure('ttlSeconds', isLife, 'a whole number of seconds from 1', ttlSeconds);
  const json = toJson(data);
  // The key says, in a cluster, which server is written to.
  await withRedis((redis) => redis.set(key, json, 'EX', ttlSeconds), { label: 'dashboard', key });
}

function toJson(data: MarketIndices): string {
  ensureMarketIndices(data);
  try {
    return JSON.stringify(data, refuseLoss);
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    throw new ConfigurationError('data', 'cannot be written as JSON: it is circular or nested too deeply', {
      cause,
    });
  }
}

function ensureMarketIndices(data: MarketIndices): void {
  ensure('data', isObject(data), 'an object', data);
  ensureKnownNames('data.', data, ['success', 'indices']);
  const { success, indices } = data;
  ensure('data.success', typeof success === 'boolean', 'true or false', success);
  ensure('data.indices', isObject(indices), 'an object', indices);
  ensureKnownNames('data.indices.', indices, INDEX_NAMES);
  for (const [name, index] of Object.entries(indices)) ensureMarketIndex(`data.indices.${name}`, index);
}

function ensureMarketIndex(path: string, index: MarketIndex): void {
  ensure(path, isObject(index), 'an object', index);
  ensureKnownNames(`${path}.`, index, ['value', 'error']);
  const { value, error } = index;
  ensure(`${path}.value`, value !== undefined, 'a JSON value', value);
  ensure(`${path}.error`, error === null || typeof error === 'string', 'a string or null', error);
}

/** JSON would drop these silently, or turn them into null. A date that is none has done so itself by now. */
function refuseLoss(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const isNumber = typeof value === 'number';
  const isLossy = isNumber ? !Number.isFinite(value) : LOSSY_TYPES.includes(typeof value);
  const isLost = value === null && this[name] !== null;
  if (!isLossy && !isLost) return value;
  const what = isLost ? `${described(this[name])} that is null in JSON` : described(value);
  throw new ConfigurationError('data', `must be JSON; received ${what} under ${JSON.stringify(name)}`);
}

const LOSSY_TYPES = ['undefined', 'function', 'symbol', 'bigint'];
