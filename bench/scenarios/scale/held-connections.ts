import type { WithRedis } from 'with-redis';
import { defer } from '../../../src/core/outcome.js';
import { poolSize } from '../../peers/pooled.js';

/** Takes every connection, so that whoever comes now waits. Returns what gives them back. */
export async function holdConnections(cache: WithRedis): Promise<() => Promise<void>> {
  const gate = defer<void>();
  const entered = Array.from({ length: poolSize }, () => defer<void>());
  const holders = entered.map(({ resolve }) =>
    cache(() => {
      resolve();
      return gate.promise;
    }),
  );
  await Promise.all(entered.map(({ promise }) => promise));
  return async () => {
    gate.resolve();
    await Promise.all(holders);
  };
}
