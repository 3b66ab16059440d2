import type { CallOptions } from 'with-redis';
import { describe } from '../world/values.js';
import type { Instance } from './instance.js';
import { tagOf } from './keys.js';
import type { World } from './world.js';

const nameOf = (error: unknown) => (error instanceof Error ? error.name : describe(error));

/**
 * A transaction whose key somebody changes once is executed in its second attempt; one of which a command fails is told of that; and
 * in a cluster none begins whose keys no node has together. What else it may be rejected with is a matter of limits.
 */
export async function expectConflictsMet(
  world: World,
  { cache, plan }: Instance,
  most: CallOptions,
  seed: number,
): Promise<void> {
  const { maxConnections, nested, commandTimeoutMs } = plan;
  // Whoever changes it has another connection, inside.
  if (maxConnections < 2 || nested === 'forbid' || commandTimeoutMs) return;
  // Whoever left the cluster is believed by those who are connected to it.
  if (world.cluster?.isMistaken) return;
  const tag = world.cluster ? tagOf(seed) : '';
  const limits = { ...most, ...(tag && { key: tag }) };
  const watched = `watched:${tag}met`;
  let last = 0;
  const meeting = cache.transaction(
    [watched],
    async (_, multi, { attempt }) => {
      last = attempt;
      if (attempt === 1) await cache((other) => other.set(watched, seed), limits);
      multi.set(`guarded:${tag}met`, attempt);
    },
    limits,
  );
  const metBy = await meeting.then(() => '', nameOf);
  if (metBy === 'ConflictError' || (metBy === '' && last === 1))
    world.violate(`a key was changed once, and attempt ${last} ends with ${metBy || 'success'}`);
  const failing = cache.transaction(
    [watched],
    (_, multi) => void multi.set(`plain:${tag}text`, 'x').lpush(`plain:${tag}text`, 1),
    limits,
  );
  const result = await failing.catch(() => undefined);
  if (result)
    world.violate(`a command of a transaction failed, and all is well: ${describe(result.replies)}`);
  if (!world.cluster) return;
  const apart = cache.transaction([watched, `watched:${tagOf(seed + 1)}`], () => {}, limits);
  const refusedBy = await apart.then(() => 'nobody', nameOf);
  if (refusedBy !== 'ConfigurationError')
    world.violate(`a transaction over keys of two slots is refused by ${refusedBy}`);
}
