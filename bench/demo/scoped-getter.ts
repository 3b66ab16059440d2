import { getRealtimeDashboardData } from '../../src/dashboard/index.js';
import { createWithRedis } from '../../src/index.js';
import type { Getter } from './comparison.js';

const quiet = { info() {}, warn() {}, error() {} };

/** The same read, its connection borrowed from a pool for the length of the call. */
export function createScopedGetter(url: string, key: string): Getter {
  const withRedis = createWithRedis({ url, pool: true });
  return {
    label: 'scoped getter',
    get: () => getRealtimeDashboardData({ withRedis, key, attempts: 1, logger: quiet }),
    async close() {
      await withRedis.close();
    },
  };
}
