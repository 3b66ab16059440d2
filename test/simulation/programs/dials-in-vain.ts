import type { CallOptions } from 'with-redis';
import type { Instance } from './instance.js';
import type { World } from './world.js';

/** By then whoever had a connection has heard of its end. */
const HEARD_MS = 100;
/** How far away the server may be. */
const NEAR_MS = 20;
const CALLS = 12;
/** Two dials for nobody may follow one another, and from then on pauses double. */
const AT_ONCE = 2;
const FIRST_PAUSE_MS = 10;

/** How often somebody may have dialled for nobody within so many ms. */
const timesIn = (ms: number) => AT_ONCE + Math.floor(Math.log2(ms / FIRST_PAUSE_MS + 1));

/** Where nobody listens each call dials once, and whoever keeps some idle for nobody does so at a pace. */
export async function expectFewDials(
  world: World,
  { cache, plan }: Instance,
  limits: CallOptions,
): Promise<void> {
  const { network, loop, site } = world;
  const { address, pool, observer, maxPending, latencyMs } = plan;
  const isPlain = ['url', 'redis', 'both', 'factory'].includes(address) && latencyMs <= NEAR_MS;
  if (!isPlain || !pool || observer === 'acts' || maxPending === 0) return;
  for (const server of site.servers) server.stop();
  await new Promise<void>((resolve) => loop.after(HEARD_MS, resolve));
  const before = network.dials;
  const startedAt = loop.now;
  for (let left = CALLS; left > 0; left--)
    await cache((redis) => redis.ping(), { ...limits, isolation: 'exclusive', retry: 1 }).catch(() => {});
  const kept = pool === true ? 0 : pool.minIdle;
  const dials = network.dials - before;
  if (dials > CALLS + kept * timesIn(loop.now - startedAt))
    world.violate(`${dials} dials for ${CALLS} calls, where ${kept} are kept idle`);
}
