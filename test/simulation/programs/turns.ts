import type { CallOptions } from 'with-redis';
import type { Instance } from './instance.js';
import type { World } from './world.js';

/** So many wait while all is lent. */
const WAITING = 5;

const noop = () => {};

/** Who waits first is served first. */
export async function expectTurns(
  world: World,
  { cache, plan }: Instance,
  limits: CallOptions,
): Promise<void> {
  const { address, observer, maxConnections, maxPending } = plan;
  // In a cluster each node has its own; hooks that call take the place of others.
  if (address === 'cluster' || observer === 'acts' || maxPending < WAITING) return;
  const own = { ...limits, isolation: 'exclusive', retry: 1 } as const;
  const all = await Promise.allSettled(Array.from({ length: maxConnections }, () => cache.acquire(own)));
  const served: number[] = [];
  const calls = Array.from({ length: WAITING }, (_, turn) =>
    cache(() => void served.push(turn), own).catch(noop),
  );
  for (const each of all) if (each.status === 'fulfilled') void each.value.release();
  await Promise.all(calls);
  if (served.some((turn, at) => turn < (served[at - 1] ?? 0)))
    world.violate(`those who waited were served as ${served.join()}`);
}
