import type { CallOptions } from 'with-redis';
import { describe } from '../world/values.js';
import type { Cluster } from './cluster.js';
import type { Instance } from './instance.js';
import { tagOf } from './keys.js';
import type { ServerEvent } from './program.js';
import type { World } from './world.js';

/** Nobody loses anything by these, nor has to wait for more than another node. */
const SMOOTH: readonly ServerEvent[] = ['migrate', 'fail over', 'join'];
/** How many things at once. */
export const CHAINS = 4;
const ROUNDS = 10;
/** What nobody waits for before the next one is sent, to one key each. */
const PUSHES = 20;
/** Latencies, until it happens and until it is over. */
const SOON = 5;

/** Whoever does several things at once while slots go to another node in good order notices nothing. */
export async function expectSmoothMoves(
  world: World,
  cluster: Cluster,
  { cache, plan }: Instance,
  limits: CallOptions,
  seed: number,
): Promise<void> {
  const pause = (ms = SOON * plan.latencyMs) => new Promise<void>((resolve) => world.loop.after(ms, resolve));
  const shares = seed % 3 > 0;
  const tag = (which: number) => tagOf(seed + (shares ? which : 0));
  const isolation = shares ? 'shared' : 'exclusive';
  const call = cache(
    async (redis) => {
      const chain = async (_: unknown, which: number) => {
        for (let round = 0; round < ROUNDS; round++) {
          const key = `plain:${tag(which)}moved-${which}-${round}`;
          await redis.set(key, key);
          const found = await redis.get(key);
          if (found !== key) throw new Error(`found ${found} and not ${key}`);
        }
      };
      await Promise.all(Array.from({ length: CHAINS }, chain));
    },
    { ...limits, isolation, key: tag(0) },
  );
  // Two of them, so that what one is told changes where the other one sends what comes next.
  const pushes = async (_: unknown, who: number) =>
    cache(
      async (redis) => {
        const key = `list:${tag(0)}moved-${who}`;
        const pushing: Promise<unknown>[] = [];
        for (let push = 0; push < PUSHES; push++) {
          pushing.push(redis.rpush(key, push));
          await pause(plan.latencyMs / 2);
        }
        await Promise.all(pushing);
        const found = await redis.lrange(key, 0, -1);
        if (found.some((push, at) => push !== String(at))) throw new Error(`found ${found} in a list`);
      },
      { ...limits, isolation, key: tag(0) },
    );
  const calls = Promise.all([call, ...Array.from({ length: 2 }, pushes)]);
  const outcome = calls.catch((error) => world.violate(`a smooth move is noticed: ${describe(error)}`));
  await pause();
  cluster.strike(SMOOTH[seed % SMOOTH.length] as ServerEvent, seed >>> 4);
  await pause();
  cluster.heal();
  await outcome;
}
