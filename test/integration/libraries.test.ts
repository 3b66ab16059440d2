import { RedisStore as SessionStore } from 'connect-redis-8';
import { RedisStore as LimitStore } from 'rate-limit-redis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import RedisSemaphore from 'redis-semaphore';
// @ts-expect-error Its package does not show its types where modules are resolved by exports.
import Redlock from 'redlock';
import { describe, expect, it } from 'vitest';
import { outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

const WAYS = (['exclusive', 'shared', 'auto'] as const).flatMap((isolation) =>
  [false, true].map((pool) => ({ isolation, pool })),
);

/** Libraries that want a client of ioredis are given `cache.redis`, and work as their own documentation says. */
describe.each(WAYS)('a library that is given cache.redis, $isolation, pool: $pool', ({ isolation, pool }) => {
  const create = useInstances(() => ({ url: redis.url, isolation: isolation as 'exclusive', pool }));

  it('rate-limiter-flexible counts and refuses', async () => {
    const { redis: storeClient } = create();
    const limiter = new RateLimiterRedis({
      storeClient,
      points: 3,
      duration: 5,
      keyPrefix: `{l}${isolation}${pool}`,
    });
    const answers = await Promise.all(Array.from({ length: 5 }, () => outcomeOf(limiter.consume('ann'))));
    expect(answers.filter(({ error }) => error === undefined)).toHaveLength(3);
    for (const { error } of answers) if (error) expect(error).toMatchObject({ remainingPoints: 0 });
    await limiter.penalty('bob', 2);
    expect(await limiter.get('bob')).toMatchObject({ consumedPoints: 2 });
    await limiter.delete('ann');
    expect(await limiter.consume('ann')).toMatchObject({ remainingPoints: 2 });
  });

  it('rate-limit-redis counts', async () => {
    const { redis: client } = create();
    const sendCommand = (command: string, ...args: string[]) =>
      client.call(command, ...args) as Promise<never>;
    const store = new LimitStore({ sendCommand, prefix: `{m}${isolation}${pool}` });
    store.init({ windowMs: 5_000 } as never);
    expect(await store.increment('ann')).toMatchObject({ totalHits: 1 });
    expect(await store.increment('ann')).toMatchObject({ totalHits: 2 });
    await store.decrement('ann');
    expect(await store.get('ann')).toMatchObject({ totalHits: 1 });
    await store.resetKey('ann');
  });

  it('redlock excludes, extends and releases', async () => {
    const { redis: client } = create();
    const redlock = new Redlock([client as never], { retryCount: 0 });
    const key = `{lock}${isolation}${pool}`;
    const lock = await redlock.acquire([key], 2_000);
    expect((await outcomeOf(redlock.acquire([key], 2_000))).error).toBeInstanceOf(Error);
    const extended = await lock.extend(3_000);
    await extended.release();
    await (await redlock.acquire([key], 2_000)).release();
    expect(await redlock.using([key], 2_000, async (signal: AbortSignal) => signal.aborted)).toBe(false);
  });

  it('redis-semaphore excludes', async () => {
    const { redis: client } = create();
    const key = `{s}${isolation}${pool}`;
    const make = () =>
      new RedisSemaphore.Mutex(client as never, key, { acquireTimeout: 30, retryInterval: 5 });
    const [first, second] = [make(), make()];
    await first.acquire();
    expect(await second.tryAcquire()).toBe(false);
    await first.release();
    expect(await second.tryAcquire()).toBe(true);
    await second.release();
    const semaphore = new RedisSemaphore.Semaphore(client as never, `${key}n`, 2);
    await semaphore.acquire();
    await semaphore.release();
  });

  it('connect-redis keeps sessions', async () => {
    const { redis: client } = create();
    const store = new SessionStore({ client, prefix: `{sess}${isolation}${pool}:` });
    const session = { cookie: { originalMaxAge: 5_000 }, user: 'ann' };
    await store.set('1', session as never);
    await store.set('2', session as never);
    expect(await store.get('1')).toMatchObject({ user: 'ann' });
    await store.touch('1', session as never);
    expect((await store.ids()).sort()).toEqual(['1', '2']);
    expect(await store.all()).toHaveLength(2);
    await store.destroy('1');
    expect(await store.length()).toBe(1);
    await store.clear();
    expect(await store.length()).toBe(0);
  });

  it('lets go of everything when the instance is closed', async () => {
    const instance = create();
    const limiter = new RateLimiterRedis({ storeClient: instance.redis, points: 99, duration: 5 });
    await limiter.consume('ann');
    await instance.close();
    await sleep(10);
    expect(await redis.clients()).toEqual([]);
    expect((await outcomeOf(limiter.consume('ann'))).error).toMatchObject({ name: 'ClosedError' });
  });
});
