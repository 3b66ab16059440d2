import type { ScopedRedis } from '../handle/scoped-redis.js';

/**
 * A connection held without a function around it, for as long as you like. Prefer the callable instance, which cannot forget
 * to release.
 *
 * @example
 * ```ts
 * import { createWithRedis } from 'with-redis';
 *
 * const cache = createWithRedis({ pool: true });
 * {
 *   await using lease = await cache.acquire({ acquireTimeoutMs: 500 });
 *   await lease.redis.set('price', '42', 'EX', 60);
 * } // given back here
 * await cache.close();
 * ```
 */
export interface Lease extends AsyncDisposable {
  /** The connection, until it is given back: then its commands reject with `LeaseReleasedError`. */
  readonly redis: ScopedRedis;
  /** Aborts when the connection is lost or taken away, with the reason. For a holder that lasts. */
  readonly signal: AbortSignal;
  /** Gives the connection back; it is closed instead if it cannot be made clean. A second call does nothing. Never rejects. */
  release(): Promise<void>;
  /** Closes the connection, unless it is being given back already. Never rejects. */
  destroy(): Promise<void>;
}
