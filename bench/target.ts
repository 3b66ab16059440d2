import { randomUUID } from 'node:crypto';
import { observeRedis, type RedisObserver } from '../test/support/redis-observer.js';
import { startRedisServer } from '../test/support/redis-server.js';
import { storedValue } from './stored-value.js';

/** The server that everything is measured against. */
export interface BenchTarget {
  readonly url: string;
  readonly key: string;
  readonly prefix: string;
  readonly description: string;
  /** Removes what the bench stored; stops the server if the bench started it. */
  close(): Promise<void>;
}

/** What is stored goes by itself if the bench is killed. */
const lifeSeconds = 3_600;

export async function openTarget(redisUrl = process.env.REDIS_URL): Promise<BenchTarget> {
  if (redisUrl) return prepare(redisUrl, 'at REDIS_URL', async () => undefined);
  const server = await startRedisServer({ args: ['--maxclients', '10000'] });
  return prepare(server.url, 'started for the bench', () => server.stop());
}

async function prepare(url: string, place: string, stop: () => Promise<void>): Promise<BenchTarget> {
  const prefix = `with-redis:bench:${randomUUID().slice(0, 8)}:`;
  const key = `${prefix}value`;
  const observer = await observeRedis(url);
  await observer.command('SET', key, storedValue, 'EX', lifeSeconds);
  const { server_name: name = 'redis', valkey_version, redis_version } = await observer.info('server');
  const close = async () => {
    await deleteAll(observer, prefix).finally(() => observer.close());
    await stop();
  };
  return { url, key, prefix, description: `${name} ${valkey_version ?? redis_version} ${place}`, close };
}

async function deleteAll(observer: RedisObserver, prefix: string): Promise<void> {
  let cursor = '0';
  do {
    const reply = (await observer.command('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000)) as [
      string,
      string[],
    ];
    cursor = reply[0];
    if (reply[1].length > 0) await observer.command('DEL', ...reply[1]);
  } while (cursor !== '0');
}
