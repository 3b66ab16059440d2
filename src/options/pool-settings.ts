import type { PoolSettings } from '../pool/source.js';
import type { WithRedisOptions } from './options.js';
import * as check from './validation.js';

const DEFAULTS: PoolSettings = {
  minIdle: 0,
  idleTimeoutMs: 30_000,
  maxLifetimeMs: 1_800_000,
  validateAfterIdleMs: 1_000,
  order: 'lifo',
};

const POOL: check.Kind = { ...check.OBJECT, wanted: 'true, false or an object' };

/** What is shared outlives its scopes, so it is kept unless somebody says otherwise. */
export function readPool(
  { isolation, pool = isolation === 'shared' || isolation === 'auto' }: WithRedisOptions,
  maxConnections: number,
): PoolSettings | undefined {
  if (pool === false) return undefined;
  const options = pool === true ? {} : pool;
  check.value('pool', options, POOL);
  const kinds = {
    minIdle: check.count(0, maxConnections),
    idleTimeoutMs: check.DURATION,
    maxLifetimeMs: check.DURATION,
    validateAfterIdleMs: check.DURATION,
    order: check.oneOf('lifo', 'fifo'),
  };
  return check.options('pool.', options, kinds, DEFAULTS);
}
