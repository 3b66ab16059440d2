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
  const pause = () => new Promise<void>((resolve) => world.loop.after(SOON * plan.latencyMs, resolve));
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
  const outcome = call.catch((error) => world.violate(`a smooth move is noticed: ${describe(error)}`));
  await pause();
  cluster.strike(SMOOTH[seed % SMOOTH.length] as ServerEvent, seed >>> 4);
  await pause();
  cluster.heal();
  await outcome;
}
