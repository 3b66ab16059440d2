import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createMemoryClient, memoryUrl } from './memory-socket.js';

/** A client as most services make one, ready to use. */
export async function openClient(url: string, enableAutoPipelining = false): Promise<Redis> {
  const redis =
    url === memoryUrl
      ? createMemoryClient(enableAutoPipelining)
      : new Redis(url, { enableAutoPipelining, lazyConnect: true });
  await redis.connect();
  return redis;
}

/** Resolves when the socket is closed. */
export async function closeClient(redis: Redis): Promise<void> {
  const ended = once(redis, 'end');
  redis.disconnect();
  await ended;
}
