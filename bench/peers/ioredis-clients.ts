import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Bench } from '../scenario.js';
import { createMemoryClient, memoryUrl } from './memory-socket.js';

type Address = Pick<Bench, 'url' | 'tls'>;

/** A client as most services make one, ready to use. */
export async function openClient({ url, tls }: Address, enableAutoPipelining = false): Promise<Redis> {
  const redis =
    url === memoryUrl
      ? createMemoryClient(enableAutoPipelining)
      : new Redis(url, { ...tls, enableAutoPipelining, lazyConnect: true });
  await redis.connect();
  return redis;
}

/** Resolves when the socket is closed. */
export async function closeClient(redis: Redis): Promise<void> {
  const ended = once(redis, 'end');
  redis.disconnect();
  await ended;
}
