import type { Redis } from 'ioredis';
import type { ScopedRedis, WithRedisOptions } from 'with-redis';
import type { Bench } from '../scenario.js';
import { byHand, ours } from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeClient, openClient } from './ioredis-clients.js';
import { closeOurs, createOurs } from './ours.js';
import { borrowingByHand } from './pooled.js';

/** One scope of so many is an optimistic transaction: 5 %. */
const oneOf = 20;
/** So many counters that two transactions seldom want the same one. */
const counters = 1_024;

/** Calls `transact` for every 20th operation, with a key of its own, else `read`. */
function mix(
  { prefix }: Bench,
  read: () => Promise<unknown>,
  transact: (counter: string) => Promise<unknown>,
): () => Promise<unknown> {
  let operation = 0;
  return () => {
    operation += 1;
    return operation % oneOf === 0 ? transact(`${prefix}counter:${operation % counters}`) : read();
  };
}

async function increment(redis: Redis | ScopedRedis, counter: string): Promise<unknown> {
  await redis.watch(counter);
  const count = Number(await redis.get(counter));
  return redis
    .multi()
    .set(counter, count + 1, 'EX', 600)
    .exec();
}

export function ourMix(options: WithRedisOptions, name = ours): Maker {
  return (bench) => {
    const cache = createOurs(bench, options);
    const read = () => cache((redis) => redis.get(bench.key));
    const transact = (counter: string) => cache((redis) => increment(redis, counter));
    return { name, run: mix(bench, read, transact), close: () => closeOurs(cache) };
  };
}

/** Every scope takes a connection of its own. */
export const pooledMixByHand: Maker = (bench) => {
  const { use, close } = borrowingByHand(bench);
  const read = () => use((redis) => redis.get(bench.key));
  const transact = (counter: string) => use((redis) => increment(redis, counter));
  return { name: byHand, run: mix(bench, read, transact), close };
};

/** What an expert builds who knows beforehand which scope needs what: nobody checks that he is right. */
export const splitMixByHand: Maker = async (bench) => {
  const shared = await openClient(bench);
  const pool = borrowingByHand(bench);
  const transact = (counter: string) => pool.use((redis) => increment(redis, counter));
  return {
    name: 'shared ioredis + generic-pool',
    run: mix(bench, () => shared.get(bench.key), transact),
    async close() {
      await closeClient(shared);
      await pool.close();
    },
  };
};
