import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { createWithRedis, type Stats, type WithRedis, type WithRedisOptions } from '../../src/index.js';
import { asClusterOptions, inCluster, startClusterOfOne, withDefaultKey } from './cluster-backend.js';
import { observeRedis, type RedisClientRow, type RedisObserver } from './redis-observer.js';
import { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.js';

/** In a cluster the map of it is asked for over a connection too, so what is counted is one more. */
export const itCountsExactly = it.skipIf(inCluster);
/** A server that follows a script does not know CLUSTER SLOTS. */
export const itWithScript = it.skipIf(inCluster);

/** Both ways to get a connection for a scope of its own: the contract holds for each. */
export const SOURCES = [
  { source: 'fresh', pool: false },
  { source: 'pooled', pool: true },
] as const;

/** And once more with RESP3, which ioredis 5 does not know and ignores. */
export const SOURCES_AND_PROTOCOLS = [
  ...SOURCES.map((source) => ({ ...source, redis: {} })),
  { source: 'pooled, RESP3', pool: true, redis: { protocol: 3 } as object },
] as const;

/** `created = idle + borrowed + destroyed`, at every moment. */
export function expectBalanced(stats: Stats): void {
  const destroyed = Object.values(stats.destroyed).reduce((sum, count) => sum + count, 0);
  expect(stats).toMatchObject({
    created: stats.idle + stats.borrowed + destroyed,
    size: stats.idle + stats.borrowed,
  });
}

/** An instance of the backend that the tests run against; whoever makes it closes it. */
export function instanceOf(options: WithRedisOptions): WithRedis {
  return inCluster ? withDefaultKey(createWithRedis(asClusterOptions(options))) : createWithRedis(options);
}

/** Makes instances that are closed after the test, with nothing held, nothing waiting and a balanced ledger. */
export function useInstances(defaults: WithRedisOptions | (() => WithRedisOptions) = {}) {
  const made: WithRedis[] = [];
  afterEach(async () => {
    for (const instance of made.splice(0)) {
      await instance.close({ deadlineMs: 2_000 });
      const stats = instance.stats();
      expectBalanced(stats);
      expect(stats).toMatchObject({ borrowed: 0, idle: 0, pending: 0, connecting: 0 });
    }
  });
  return (options: WithRedisOptions = {}): WithRedis => {
    const base = typeof defaults === 'function' ? defaults() : defaults;
    const all = { ...base, ...options };
    const instance = instanceOf(all);
    made.push(instance);
    return instance;
  };
}

export interface WatchedServer {
  readonly server: RedisServer;
  readonly observer: RedisObserver;
  readonly url: string;
  clients(): Promise<RedisClientRow[]>;
}

/** A server of this test file's own, so that every connection on it is the test's, and a witness on it. */
export function useServer(options: RedisServerOptions = {}): WatchedServer {
  let server: RedisServer;
  let observer: RedisObserver;
  beforeAll(async () => {
    server = await (inCluster ? startClusterOfOne(options) : startRedisServer(options));
    observer = await observeRedis(server.url);
  });
  afterAll(async () => {
    await observer.close();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    get observer() {
      return observer;
    },
    get url() {
      return server.url;
    },
    clients: () => observer.clients(),
  };
}

export const sharedUrl = (): string => inject('redisUrl');

/** What a promise came to, without a rejection being able to go unnoticed. */
export async function outcomeOf(promise: Promise<unknown>): Promise<{ value?: unknown; error?: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until it is true, at most `boundMs`; fails with what was seen last. */
export async function eventually<T>(
  read: () => T | Promise<T>,
  accept: (value: T) => boolean,
  boundMs = 1_000,
): Promise<T> {
  const until = performance.now() + boundMs;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (performance.now() > until)
      throw new Error(`not within ${boundMs} ms; last seen: ${JSON.stringify(value)}`);
    await sleep(2);
  }
}
