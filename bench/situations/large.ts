import { observeRedis } from '../../test/support/redis-observer.js';
import type { Situation } from './situation.js';

/** The same with a value of so many bytes. */
export function large(kilobytes: number): Situation {
  return {
    name: `${kilobytes} kB`,
    async around(bench, use) {
      const key = `${bench.prefix}large:${kilobytes}`;
      const value = 'x'.repeat(kilobytes * 1_000);
      const observer = await observeRedis(bench.url);
      await observer.command('SET', key, value, 'EX', 3_600);
      await observer.close();
      return use({ ...bench, key, value });
    },
  };
}
