import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { observeRedis, type RedisObserver } from '../../test/support/redis-observer.js';
import { startRedisServer } from '../../test/support/redis-server.js';
import { DemoFailure, reasonOf } from './failure.js';

/** The Redis that the demo runs against, with the sample stored under `key`. */
export interface DemoTarget {
  readonly url: string;
  readonly key: string;
  readonly description: string;
  readonly observer: RedisObserver;
  /** Deletes the key, and stops the server if the demo started it. */
  close(): Promise<void>;
}

/** The key goes by itself if the demo is killed before it could delete it. */
const keyLifeSeconds = 300;
const closeTimeoutMs = 1_000;

export async function openTarget(redisUrl = process.env.REDIS_URL): Promise<DemoTarget> {
  return redisUrl ? borrowServer(redisUrl) : startOwnServer();
}

/** Somebody's server: a key of our own, so that none of theirs is touched. */
async function borrowServer(url: string): Promise<DemoTarget> {
  const observer = await observeRedis(url).catch((error: unknown) => {
    throw new DemoFailure(`cannot use the Redis at REDIS_URL: ${reasonOf(error)}`);
  });
  const key = `with-redis:demo:${randomUUID()}`;
  return storeSample(observer, {
    url,
    key,
    place: 'at REDIS_URL',
    leave: async () => {
      const deleted = observer.command('DEL', key).catch(() => undefined);
      await Promise.race([deleted, wait(closeTimeoutMs, undefined, { ref: false })]);
    },
  });
}

async function startOwnServer(): Promise<DemoTarget> {
  const server = await startRedisServer().catch((error: unknown) => {
    throw new DemoFailure(`no Redis to show it on: ${reasonOf(error)}. Or set REDIS_URL.`);
  });
  return storeSample(await observeRedis(server.url), {
    url: server.url,
    key: 'latest_market_data',
    place: `started for the demo on port ${server.port}`,
    leave: () => server.stop(),
  });
}

interface Place {
  readonly url: string;
  readonly key: string;
  readonly place: string;
  /** Of what was put there; a server that hangs is not waited for. */
  leave(): Promise<void>;
}

async function storeSample(observer: RedisObserver, place: Place): Promise<DemoTarget> {
  const close = async () => {
    await place.leave();
    await observer.close();
  };
  try {
    const sample = await readFile(new URL('./sample.json', import.meta.url), 'utf8');
    await observer.command('SET', place.key, sample, 'EX', keyLifeSeconds);
    const { server_name: name = 'redis', valkey_version, redis_version } = await observer.info('server');
    const description = `${name} ${valkey_version ?? redis_version} ${place.place}`;
    return { url: place.url, key: place.key, description, observer, close };
  } catch (error) {
    await close();
    throw new DemoFailure(`cannot store the sample in Redis: ${reasonOf(error)}`);
  }
}
