import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { observeRedis, type RedisObserver } from '../../test/support/redis-observer.js';
import { startRedisServer } from '../../test/support/redis-server.js';
import { DemoFailure, reasonOf, untilAborted } from './failure.js';

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

/** An abort ends it, also where the server hangs. */
export async function openTarget(signal: AbortSignal): Promise<DemoTarget> {
  const place = await (process.env.REDIS_URL ? borrowServer(process.env.REDIS_URL) : startOwnServer());
  const close = async () => {
    await place.leave();
    await place.observer.close();
  };
  try {
    const description = await untilAborted(signal, storeSample(place));
    return { ...place, description, close };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw new DemoFailure(`cannot store the sample in Redis: ${reasonOf(error)}`);
  }
}

/** Somebody's server: a key of our own, so that none of theirs is touched. */
async function borrowServer(url: string): Promise<Place> {
  const observer = await observeRedis(url).catch((error: unknown) => {
    throw new DemoFailure(`cannot use the Redis at REDIS_URL: ${reasonOf(error)}`);
  });
  const key = `with-redis:demo:${randomUUID()}`;
  return {
    url,
    key,
    place: 'at REDIS_URL',
    observer,
    leave: async () => {
      const deleted = observer.command('DEL', key).catch(() => undefined);
      await Promise.race([deleted, wait(closeTimeoutMs, undefined, { ref: false })]);
    },
  };
}

async function startOwnServer(): Promise<Place> {
  const server = await startRedisServer().catch((error: unknown) => {
    throw new DemoFailure(`no Redis to show it on: ${reasonOf(error)}. Or set REDIS_URL.`);
  });
  return {
    url: server.url,
    key: 'latest_market_data',
    place: `started for the demo on port ${server.port}`,
    observer: await observeRedis(server.url),
    leave: () => server.stop(),
  };
}

interface Place {
  readonly url: string;
  readonly key: string;
  readonly place: string;
  readonly observer: RedisObserver;
  /** Of what was put there; a server that hangs is not waited for. */
  leave(): Promise<void>;
}

/** Resolves to the server's description. */
async function storeSample({ observer, key, place }: Place): Promise<string> {
  const sample = await readFile(new URL('./sample.json', import.meta.url), 'utf8');
  await observer.command('SET', key, sample, 'EX', keyLifeSeconds);
  const { server_name: name = 'redis', valkey_version, redis_version } = await observer.info('server');
  return `${name} ${valkey_version ?? redis_version} ${place}`;
}
