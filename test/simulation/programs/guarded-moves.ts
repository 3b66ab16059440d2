import type { CallOptions } from 'with-redis';
import { slotOf } from '../redis/cluster.js';
import { afflict } from './affliction.js';
import type { Cluster } from './cluster.js';
import type { Instance } from './instance.js';
import { tagOf } from './keys.js';
import type { World } from './world.js';

/** Some of their keys have moved and some have not. */
const TRANSACTIONS = 8;
const LIMIT_MS = 1_000;

const noop = () => {};

/**
 * While slots move what counts on a WATCH or a MULTI is executed with it or not at all; which of both the journal sees.
 *
 * @param most limits of a call, where all is well
 */
export async function expectGuarded(
  { loop }: World,
  cluster: Cluster,
  { cache }: Instance,
  most: CallOptions,
  seed: number,
): Promise<void> {
  const tag = tagOf(seed);
  const at = cluster.chart.owners[slotOf(tag)] as number;
  const limits = { ...most, deadlineMs: LIMIT_MS, key: tag, retry: 1 };
  const guard = async () => {
    for (let which = 0; which < TRANSACTIONS; which++)
      await cache
        .transaction(
          [`watched:${tag}${which}`],
          (_, multi) => void multi.set(`guarded:${tag}${which}`, which),
          limits,
        )
        .catch(noop);
  };
  const prepare = async (redis: { set(key: string, value: number): Promise<unknown> }) => {
    for (let which = 0; which < TRANSACTIONS; which++) await redis.set(`watched:${tag}${which}`, which);
  };
  await cache(prepare as never, { ...limits, isolation: 'exclusive' }).catch(noop);
  await guard();
  cluster.strike('migrate', at);
  await guard();
  cluster.heal();
  await new Promise<void>((resolve) => loop.after(LIMIT_MS, resolve));
  await handOver(cluster, { cache } as Instance, limits);
}

/** A master hands over while somebody counts on it, and loads what the new one has. */
async function handOver(
  cluster: Cluster,
  { cache }: Instance,
  limits: CallOptions & { key: string },
): Promise<void> {
  const [, { master }] = cluster.shardAt(cluster.chart.owners[slotOf(limits.key)] as number);
  const key = `apart:${limits.key}handed over`;
  const call = cache(
    async (redis) => {
      cluster.strike('fail over', cluster.chart.owners[slotOf(limits.key)]);
      afflict(cluster.serverOf(master), 'loading all');
      const multi: Promise<unknown> = redis.multi({ pipeline: false }) as never;
      await Promise.allSettled([multi, redis.set(key, 1), redis.call('exec')]);
    },
    { ...limits, isolation: 'exclusive' },
  );
  await call.catch(noop);
}
