import type { CallOptions } from 'with-redis';
import type { Instance } from './instance.js';
import { tagOf } from './keys.js';
import type { World } from './world.js';

/** The connection is shared still; it was given back a moment ago; it is idle; it has to be asked whether it lives. */
const PAUSES_MS = [0, 2, 14, 60, 1_100];
const CALLS = 5;

/** What is called without an await in between, over a shared connection, is executed in that order. */
export async function expectCallOrder(
  world: World,
  { cache, plan }: Instance,
  limits: CallOptions,
  seed: number,
): Promise<void> {
  const { isolation, maxPending, observer, attempts, commandTimeoutMs, address, pool } = plan;
  // Hooks that call take the place of others; what is done again, or given up, is done later or not at all.
  if (isolation === 'exclusive' || observer === 'acts' || attempts > 1 || commandTimeoutMs) return;
  if (maxPending <= CALLS || !pool) return;
  const tag = address === 'cluster' ? tagOf(seed) : '';
  const key = `order:${tag}`;
  const options = { ...limits, ...(tag && { key: tag }) };
  const { redis } = cache;
  const push = (what: number) => cache((own) => own.rpush(key, what), options);
  const pauseMs = PAUSES_MS[seed % PAUSES_MS.length] as number;
  try {
    await cache((own) => own.del(key), options);
    await new Promise<void>((resolve) => world.loop.after(pauseMs, resolve));
    await Promise.all([
      redis.rpush(key, 0),
      push(1),
      redis.pipeline().rpush(key, 2).exec(),
      push(3),
      redis.rpush(key, 4),
    ]);
    const found = await cache((own) => own.lrange(key, 0, -1), options);
    if (found.join() !== '0,1,2,3,4') world.violate(`called in order, and executed as ${found.join()}`);
  } catch {
    // The limits of the instance may be shorter than a dial, of which one is needed now and then.
  }
}
