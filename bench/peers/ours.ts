import { type CallOptions, createWithRedis, type WithRedis, type WithRedisOptions } from 'with-redis';
import type { Contender } from '../interleaved.js';
import type { Bench } from '../scenario.js';
import { ours } from '../subjects.js';
import type { Maker } from './contenders.js';
import { createMemoryClient, memoryUrl } from './memory-socket.js';

/** More than any scenario has under way. */
const maxPending = 20_000;

export function createOurs({ url, tls }: Bench, options: WithRedisOptions): WithRedis {
  const server =
    url === memoryUrl ? { connect: () => createMemoryClient() } : { url, ...(tls && { redis: tls }) };
  return createWithRedis({ ...server, maxPending, ...options });
}

/** A GET in a scope, every default limit on. */
export function scopedGet(options: WithRedisOptions, name = ours, callOptions?: CallOptions): Maker {
  return (bench) => {
    const cache = createOurs(bench, options);
    const { key } = bench;
    return {
      name,
      run: callOptions
        ? () => cache((redis) => redis.get(key), callOptions)
        : () => cache((redis) => redis.get(key)),
      close: () => closeOurs(cache),
    } satisfies Contender;
  };
}

/** The same by the client that stands for the instance. */
export function standingGet(options: WithRedisOptions, name = ours): Maker {
  return (bench) => {
    const cache = createOurs(bench, options);
    const { key } = bench;
    return { name, run: () => cache.redis.get(key), close: () => closeOurs(cache) } satisfies Contender;
  };
}

export async function closeOurs(cache: WithRedis): Promise<void> {
  await cache.close();
}
