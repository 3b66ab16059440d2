import type { Redis } from 'ioredis';
import type { ScopedRedis, WithRedisOptions } from 'with-redis';
import { byHand, ours, plainIoredis } from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeClient, openClient } from './ioredis-clients.js';
import { closeOurs, createOurs } from './ours.js';
import { borrowingByHand } from './pooled.js';

const commands = 100;

/** Resolves to the last reply. */
async function readAll(redis: Redis | ScopedRedis, key: string): Promise<unknown> {
  const pipeline = redis.pipeline();
  for (let command = 0; command < commands; command += 1) pipeline.get(key);
  const replies = await pipeline.exec();
  return replies?.at(-1)?.[1];
}

export function ourPipeline(options: WithRedisOptions, name = ours): Maker {
  return (bench) => {
    const cache = createOurs(bench, options);
    return { name, run: () => cache((redis) => readAll(redis, bench.key)), close: () => closeOurs(cache) };
  };
}

export const pipelineByHand: Maker = (bench) => {
  const { use, close } = borrowingByHand(bench);
  return { name: byHand, run: () => use((redis) => readAll(redis, bench.key)), close };
};

export const sharedPipeline: Maker = async (bench) => {
  const redis = await openClient(bench);
  return { name: plainIoredis, run: () => readAll(redis, bench.key), close: () => closeClient(redis) };
};
