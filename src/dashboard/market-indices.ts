import { ConfigurationError, withRedis as defaultInstance, type WithRedis } from '../index.js';
import type { JsonValue } from './data.js';
import { refuseLoss } from './json-loss.js';
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
  const checked = readMarketIndices(data);
  try {
    return JSON.stringify(checked, refuseLoss);
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    throw new ConfigurationError('data', 'cannot be written as JSON: it is circular or nested too deeply', {
      cause,
    });
  }
}

/** What is checked is what is stored, also where it is told by getters, which JSON would leave out. */
function readMarketIndices(data: MarketIndices): MarketIndices {
  ensure('data', isObject(data), 'an object', data);
  ensureKnownNames('data.', data, ['success', 'indices']);
  const { success, indices } = data;
  ensure('data.success', typeof success === 'boolean', 'true or false', success);
  ensure('data.indices', isObject(indices), 'an object', indices);
  ensureKnownNames('data.indices.', indices, INDEX_NAMES);
  const given = INDEX_NAMES.filter((name) => name in indices);
  const read = given.map((name) => [name, readMarketIndex(`data.indices.${name}`, indices[name])] as const);
  return { success, indices: Object.fromEntries(read) };
}

function readMarketIndex(path: string, index: MarketIndex | undefined): MarketIndex {
  ensure(path, isObject(index), 'an object', index);
  const given = index as MarketIndex;
  ensureKnownNames(`${path}.`, given, ['value', 'error']);
  const { value, error } = given;
  ensure(`${path}.value`, value !== undefined, 'a JSON value', value);
  ensure(`${path}.error`, error === null || typeof error === 'string', 'a string or null', error);
  return { value, error };
}
