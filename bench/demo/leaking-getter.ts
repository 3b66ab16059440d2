import { Redis } from 'ioredis';
import type { Getter } from './comparison.js';

/** The bug: each call opens a connection, and no path closes it. */
async function getMarketData(url: string, key: string, opened: Redis[]): Promise<unknown> {
  const redis = new Redis(url);
  opened.push(redis);
  const stored = await redis.get(key);
  return stored === null ? null : JSON.parse(stored);
}

/** The getter as found in services, and, for the demo alone, a way to close what it left open. */
export function createLeakingGetter(url: string, key: string): Getter {
  const opened: Redis[] = [];
  return {
    label: 'classic getter',
    get: () => getMarketData(url, key, opened),
    async close() {
      for (const redis of opened.splice(0)) redis.disconnect();
    },
  };
}
