import { createPool, type Pool } from 'generic-pool';
import type { Redis } from 'ioredis';
import { createClientPool } from 'redis';
import { Pool as TarnPool } from 'tarn';
import type { Bench } from '../scenario.js';
import { byHand, freeList, nodeRedisPool, tarn } from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeClient, openClient } from './ioredis-clients.js';

/** Of every pool. */
export const poolSize = 10;
/** Our own default, and so the limit that the others get. */
export const acquireTimeoutMs = 5_000;

export function createGenericPool(bench: Bench, max = poolSize): Pool<Redis> {
  return createPool(
    { create: () => openClient(bench), destroy: closeClient },
    { max, acquireTimeoutMillis: acquireTimeoutMs },
  );
}

/** What a careful hand writes. */
export function borrowingByHand(bench: Bench) {
  const pool = createGenericPool(bench);
  return {
    async use<T>(fn: (redis: Redis) => Promise<T>): Promise<T> {
      const redis = await pool.acquire();
      try {
        return await fn(redis);
      } finally {
        await pool.release(redis);
      }
    },
    async close(): Promise<void> {
      await pool.drain();
      await pool.clear();
    },
  };
}

export const genericPoolByHand: Maker = (bench) => {
  const { use, close } = borrowingByHand(bench);
  return { name: byHand, run: () => use((redis) => redis.get(bench.key)), close };
};

/** No limit, no validation, no eviction: the least that a pool has to do, and so the ceiling of all of them. */
export const idealisedFreeList: Maker = async (bench) => {
  const { key } = bench;
  const clients = await Promise.all(Array.from({ length: poolSize }, () => openClient(bench)));
  const idle = [...clients];
  const waiting: ((redis: Redis) => void)[] = [];
  return {
    name: freeList,
    async run() {
      const redis = idle.pop() ?? (await new Promise<Redis>((resolve) => waiting.push(resolve)));
      try {
        return await redis.get(key);
      } finally {
        const next = waiting.shift();
        if (next) next(redis);
        else idle.push(redis);
      }
    },
    close: async () => void (await Promise.all(clients.map(closeClient))),
  };
};

export const tarnByHand: Maker = (bench) => {
  const { key } = bench;
  const pool = new TarnPool<Redis>({
    create: () => openClient(bench),
    destroy: closeClient,
    min: 0,
    max: poolSize,
    acquireTimeoutMillis: acquireTimeoutMs,
  });
  return {
    name: tarn,
    async run() {
      const redis = await pool.acquire().promise;
      try {
        return await redis.get(key);
      } finally {
        pool.release(redis);
      }
    },
    close: async () => void (await pool.destroy()),
  };
};

export const nodeRedisClientPool: Maker = async ({ url, tls, key }) => {
  const options = { minimum: poolSize, maximum: poolSize, acquireTimeout: acquireTimeoutMs };
  const pool = createClientPool({ url, ...(tls && { socket: { ...tls.tls, tls: true } }) }, options);
  await pool.connect();
  return {
    name: nodeRedisPool,
    run: () => pool.execute((client) => client.get(key)),
    close: () => pool.close(),
  };
};
