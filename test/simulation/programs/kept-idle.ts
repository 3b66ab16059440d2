import type { CallOptions, Stats } from 'with-redis';
import type { Instance } from './instance.js';
import { SLACK_MS } from './timing.js';
import type { World } from './world.js';

/** What came back has come to rest by then. */
const REST_MS = 15;
/** Pools look through what idles at intervals of a quarter of the shorter limit, within these bounds. */
const LOOK_MS = { shortest: 10, longest: 5_000 };
/** Pauses between dials that were in vain, at most. */
const PACE_MS = 1_000;
/** How often it is counted what idles. */
const LOOKS = 6;
/** Nobody here waits for longer. */
const LONGEST_MS = 60_000;

/** Of what idles that is lent which came back last, or first, and it goes when it may idle no more. */
export async function expectKeptIdle(world: World, instance: Instance, limits: CallOptions): Promise<void> {
  const { address, pool, observer } = instance.plan;
  if (!['url', 'redis', 'both', 'factory'].includes(address) || !pool || observer === 'acts') return;
  await expectOrder(world, instance, limits);
  await expectGone(world, instance);
}

/** Somebody may have left a scope behind that he does not wait for, and whoever was served by others a dial. */
const isBusy = ({ borrowed, connecting, pending }: Stats) => borrowed + connecting + pending > 0;

/** Where one was closed meanwhile, or another one came, nothing can be said. */
async function expectOrder(world: World, { cache, plan }: Instance, limits: CallOptions): Promise<void> {
  const { pool, maxConnections } = plan;
  const order = typeof pool === 'object' ? pool.order : 'lifo';
  const rest = () => pause(world, REST_MS);
  await rest();
  if (maxConnections < 2 || isBusy(cache.stats())) return;
  const both = await Promise.allSettled([cache.acquire(limits), cache.acquire(limits)]);
  const leases = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const { size, created, connecting } = cache.stats();
  const newest = leases.at(-1)?.redis.stream;
  for (const lease of leases) {
    await lease.release();
    await rest();
  }
  const next = await cache.acquire(limits).catch(() => undefined);
  const isNewest = next?.redis.stream === newest;
  await next?.release();
  const now = cache.stats();
  if (leases.length < 2 || !next || connecting > 0 || now.size !== size || now.created !== created) return;
  if (isNewest !== (order === 'lifo'))
    world.violate(`${order}, and yet what came back last is ${isNewest ? '' : 'not '}lent next`);
}

async function expectGone(world: World, { cache, plan }: Instance): Promise<void> {
  const { pool, releaseTimeoutMs } = plan;
  if (typeof pool !== 'object' || isBusy(cache.stats())) return;
  const { minIdle, idleTimeoutMs, maxLifetimeMs } = pool;
  const shortestMs = Math.min(idleTimeoutMs, maxLifetimeMs);
  const lookMs = Math.min(Math.max(shortestMs / 4, LOOK_MS.shortest), LOOK_MS.longest);
  const limitMs = minIdle > 0 ? maxLifetimeMs : shortestMs;
  const { open } = world.network;
  const before = [...open];
  if (limitMs < LONGEST_MS) {
    await pause(world, limitMs + lookMs + releaseTimeoutMs + SLACK_MS);
    const stay = before.filter((socket) => open.has(socket)).length;
    if (stay > 0)
      world.violate(
        `${stay} connections stay, and may idle for ${idleTimeoutMs} ms and live for ${maxLifetimeMs}`,
      );
  }
  // One that has outlived its time is replaced once it is gone, so that now and then there are fewer.
  let most = 0;
  for (let look = 0; look < LOOKS && most < minIdle; look++) {
    await pause(world, lookMs + PACE_MS / 2);
    const now = cache.stats();
    most = Math.max(most, now.idle + now.connecting);
  }
  if (most < minIdle) world.violate(`${most} are kept idle, or dialled, of ${minIdle}`);
}

function pause({ loop }: World, ms: number): Promise<void> {
  return new Promise((resolve) => loop.after(ms, resolve));
}
