import { ConfigurationError, type WithRedis } from '../index.js';
import { REPLACE, type Replace } from '../instance/means.js';

/** What `replaceRedis` has put in, until the end of an `await using` block or of `restore`. */
export interface RedisReplacement extends AsyncDisposable {
  /** Puts back what was there, and closes what stood in; scopes that still run have a second. Again, it does nothing. */
  restore(): Promise<void>;
}

/**
 * For tests of code that uses `withRedis` or an instance: until it is restored, connections come from `connect`, whatever
 * the instance's address. Scopes, leases, transactions and `cache.redis` go there from the next call on, with the options
 * of the instance; what runs already ends where it began. `stats()` and `close()` are those of what stands in, so code that
 * closes its instance can be tested again and again. Several for one instance nest.
 *
 * @param instance `withRedis`, or what `createWithRedis` returned.
 * @param connect Makes a client, a new one each time, as the option `connect` has it.
 * @throws {ConfigurationError} `instance` is none, or `connect` no function.
 *
 * @example
 * ```ts
 * import RedisMock from 'ioredis-mock';
 * import { withRedis } from 'with-redis';
 * import { replaceRedis } from 'with-redis/testing';
 *
 * await using _ = replaceRedis(withRedis, () => new RedisMock());
 * await withRedis((redis) => redis.set('price', '42')); // no server
 * ```
 */
export function replaceRedis(
  instance: Pick<WithRedis, 'stats' | 'close'>,
  connect: () => unknown,
): RedisReplacement {
  const replace = (instance as { readonly [REPLACE]?: Replace } | undefined)?.[REPLACE];
  if (!replace) throw new ConfigurationError('instance', 'must be withRedis or made by createWithRedis');
  if (typeof connect !== 'function') throw new ConfigurationError('connect', 'must be a function');
  const restore = replace(connect);
  return { restore, [Symbol.asyncDispose]: restore };
}
