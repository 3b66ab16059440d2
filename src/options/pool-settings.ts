import type { PoolSettings } from '../pool/source.js';
import type { WithRedisOptions } from './options.js';
import * as check from './validation.js';

const POOL_NAMES = ['minIdle', 'idleTimeoutMs', 'maxLifetimeMs', 'validateAfterIdleMs', 'order'] as const;

/** What is shared outlives its scopes, so it is kept unless somebody says otherwise. */
export function readPool(
  { isolation, pool = isolation === 'shared' || isolation === 'auto' }: WithRedisOptions,
  maxConnections: number,
): PoolSettings | undefined {
  if (pool === false) return undefined;
  const options = pool === true ? {} : check.object('pool', pool, 'true, false or an object');
  check.knownKeys('pool.', options, POOL_NAMES);
  return {
    minIdle: check.count('pool.minIdle', options.minIdle, 0, 0, maxConnections),
    idleTimeoutMs: check.duration('pool.idleTimeoutMs', options.idleTimeoutMs, 30_000),
    maxLifetimeMs: check.duration('pool.maxLifetimeMs', options.maxLifetimeMs, 1_800_000),
    validateAfterIdleMs: check.duration('pool.validateAfterIdleMs', options.validateAfterIdleMs, 1_000),
    order: check.oneOf('pool.order', options.order, ['lifo', 'fifo']),
  };
}
