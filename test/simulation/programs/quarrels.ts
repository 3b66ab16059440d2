import type { CallOptions } from 'with-redis';
import { SLOTS, slotOf } from '../redis/cluster.js';
import { describe } from '../world/values.js';
import type { Cluster } from './cluster.js';
import type { Instance } from './instance.js';
import { tagOf } from './keys.js';
import { isRedirection } from './verdict.js';
import type { World } from './world.js';

/** Whoever is sent to and fro waits in between, so that it does not end at once. */
const LEAST_MS = 200;

/** Where two masters each say that the other one owns a slot, a call is sent to and fro so many times, and told so then. */
export async function expectQuarrelTold(
  world: World,
  cluster: Cluster,
  { cache }: Instance,
  limits: CallOptions,
  seed: number,
): Promise<void> {
  const { chart } = cluster;
  const tag = tagOf(seed);
  const owner = chart.owners[slotOf(tag)] as number;
  const owned = Array.from({ length: SLOTS }, (_, slot) => slot).filter(
    (slot) => chart.owners[slot] === owner,
  );
  const [, { master }] = cluster.shardAt(owner);
  cluster.serverOf(master).hear(chart.withOwner(owned, (owner + 1) % chart.shards.length));
  const startedAt = world.loop.now;
  const call = cache((redis) => redis.incr(`plain:${tag}quarrel`), {
    ...limits,
    key: tag,
    isolation: seed % 3 ? 'exclusive' : 'shared',
    retry: 1,
  });
  const error: unknown = await call.then(
    () => undefined,
    (reason) => reason,
  );
  const tookMs = world.loop.now - startedAt;
  // One of them may leave meanwhile, as far as the other one knows.
  const isTold = isRedirection(error) || (error as { code?: unknown }).code === 'ERR_WITH_REDIS_CONNECT';
  if (!isTold) world.violate(`nodes send it to and fro, and it ends with ${describe(error)}`);
  else if (tookMs < LEAST_MS)
    world.violate(`nodes send it to and fro, and it ends after ${Math.round(tookMs)} ms`);
  cluster.heal();
}
