import { channel } from 'node:diagnostics_channel';
import { Redis } from 'ioredis';
import RedisMock from 'ioredis-mock';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import {
  createWithRedis,
  type InstanceReport,
  type WithRedis,
  type WithRedisOptions,
  withRedis,
} from '../../../src/index.js';
import { DefaultInstance } from '../../../src/instance/default-instance.js';
import { readOptions } from '../../../src/options/settings.js';
import { replaceRedis } from '../../../src/testing/index.js';
import { runOn } from '../../support/run-on.js';

/** Nobody listens there. */
const nowhere = { url: 'redis://127.0.0.1:1', deadlineMs: 2_000 };

const instances: WithRedis[] = [];
function instanceOf(options: WithRedisOptions = {}): WithRedis {
  const instance = createWithRedis({ ...nowhere, ...options } as WithRedisOptions);
  instances.push(instance as WithRedis);
  return instance as WithRedis;
}

/** A data set of its own: ioredis-mock keeps one for each address. */
let port = 20_000;
function mockAt(): () => Redis {
  port += 1;
  const options = { port };
  return () => new RedisMock(options);
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(instances.splice(0).map((instance) => instance.close()));
});

describe.each<WithRedisOptions>([
  { isolation: 'exclusive' },
  { isolation: 'exclusive', pool: true, nested: 'detect' },
  { isolation: 'shared' },
  { isolation: 'auto' },
  { url: undefined, cluster: { nodes: [{ host: '127.0.0.1', port: 1 }] } },
  { retry: 3 },
])('an instance with %o', (options) => {
  const cause = options.cluster ? 'ConfigurationError' : 'ConnectError'; // of a cluster's scope that names no key
  it('works without a server, all of it, until it is restored', async () => {
    const cache = instanceOf(options);
    const standing = cache.redis;
    {
      await using _ = replaceRedis(cache, mockAt());
      await cache('price.set', (redis) => redis.set('price', '1'));
      await standing.incr('price');
      await standing.multi().incr('price').exec();
      await cache.transaction(['price'], (_redis, multi) => multi.incr('price'));
      await using lease = await cache.acquire();
      expect(await lease.redis.get('price')).toBe('4');
      expect(await standing.pipeline().get('price').exec()).toEqual([[null, '4']]);
      expect(await cache((redis) => redis.get('price'), { key: 'price' })).toBe('4');
      expect(cache.stats().created).toBeGreaterThan(0);
    }
    const real = { deadlineMs: 2_000 };
    await expect(cache((redis) => redis.get('price'), real)).rejects.toMatchObject({ name: cause });
    await expect(standing.get('price')).rejects.toMatchObject({ name: 'ConnectError' });
  });
});

describe('a replacement', () => {
  it('is there for the default instance, and for all copies of this package', async () => {
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1/7');
    vi.resetModules();
    const copy = await import('../../../src/index.js');
    expect(copy.withRedis).not.toBe(withRedis);
    await copy.withRedis((redis) => redis.get('price')).catch(() => {});
    const replacement = replaceRedis(withRedis, mockAt());
    await withRedis((redis) => redis.set('price', '42'));
    expect(await copy.withRedis((redis) => redis.get('price'))).toBe('42');
    await replacement.restore();
    await expect(copy.withRedis((redis) => redis.get('price'))).rejects.toMatchObject({
      name: 'ConnectError',
    });
  });

  it('goes back to the connections that were there', async () => {
    const cache = instanceOf({ url: inject('redisUrl'), pool: true });
    await cache((redis) => redis.set('replaced', 'real'));
    {
      await using _ = replaceRedis(cache, mockAt());
      expect(await cache((redis) => redis.get('replaced'))).toBeNull();
    }
    expect(await cache((redis) => redis.get('replaced'))).toBe('real');
    expect(cache.stats()).toMatchObject({ created: 1, reused: 1 });
  });

  it('may be a server as well', async () => {
    const cache = instanceOf();
    await using _ = replaceRedis(cache, () => new Redis(inject('redisUrl')));
    expect(await cache((redis) => redis.ping())).toBe('PONG');
  });

  it('closes for the time of the test alone', async () => {
    const cache = instanceOf();
    for (let test = 1; test <= 2; test += 1) {
      await using _ = replaceRedis(cache, mockAt());
      expect(cache.redis.status).toBe('ready');
      expect(await cache((redis) => redis.incr('tests'))).toBe(1);
      await cache.close();
      await expect(cache((redis) => redis.incr('tests'))).rejects.toMatchObject({ name: 'ClosedError' });
    }
    expect(cache.redis.status).toBe('ready');
  });

  it('has the last word where there are several, in whatever order they end', async () => {
    const cache = instanceOf();
    const set = (value: string) => cache((redis) => redis.set('who', value));
    const who = () => cache((redis) => redis.get('who'));
    const [first, second] = [replaceRedis(cache, mockAt()), replaceRedis(cache, mockAt())];
    await set('second');
    await first.restore();
    await first.restore();
    expect(await who()).toBe('second');
    const third = replaceRedis(cache, mockAt());
    await set('third');
    await third.restore();
    expect(await who()).toBe('second');
    await second.restore();
    await expect(who()).rejects.toMatchObject({ name: 'ConnectError' });
  });

  it('lets what runs end where it began', async () => {
    const cache = instanceOf();
    const replacement = replaceRedis(cache, mockAt());
    let goOn = () => {};
    const running = cache(async (redis) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return redis.set('late', '1');
    });
    await vi.waitFor(() => expect(cache.stats().borrowed).toBe(1));
    const restored = replacement.restore();
    expect(cache.stats().borrowed).toBe(0);
    goOn();
    expect(await running).toBe('OK');
    await restored;
  });

  it('ends what waits to be tried again', async () => {
    const onRetry = vi.fn();
    const retry = { attempts: 3, delayMs: 60_000 };
    const cache = instanceOf({ retry, deadlineMs: Infinity, observer: { onRetry } });
    const replacement = replaceRedis(cache, mockAt());
    const calls = vi.fn(() => Promise.reject(new Error('no')));
    const retried = cache(calls, { retry: { when: () => true } });
    retried.catch(() => {});
    await vi.waitFor(() => expect(onRetry).toHaveBeenCalledOnce());
    await replacement.restore();
    await expect(retried).rejects.toMatchObject({ name: 'ClosedError' });
    expect(calls).toHaveBeenCalledOnce();
    expect(cache.stats().retries).toBe(0);
  });

  it('lets the fake timers of a suite move deadlines and pauses', async () => {
    const cache = instanceOf({ pool: true });
    const { restore } = replaceRedis(cache, mockAt());
    vi.useFakeTimers();
    try {
      const told: unknown[] = [];
      const tell = (error: Error) => told.push(error.name);
      const ready = cache((redis) => redis.ping());
      await vi.advanceTimersByTimeAsync(100);
      await ready;
      void cache(() => new Promise(() => {}), { deadlineMs: 60_000 }).catch(tell);
      const retry = { attempts: 2, delayMs: 60_000, maxDelayMs: 60_000, when: () => true };
      const fn = vi.fn(async () => Promise.reject(new Error('no')));
      void cache(fn, { retry, deadlineMs: Infinity }).catch(tell);
      await vi.advanceTimersByTimeAsync(59_000);
      expect([told, fn.mock.calls.length]).toEqual([[], 1]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect([[...told].sort(), fn.mock.calls.length]).toEqual([['DeadlineExceededError', 'Error'], 2]);
    } finally {
      vi.useRealTimers();
      await restore();
    }
  });

  it('that was closed leaves the instance among those that report themselves', async () => {
    const cache = instanceOf({ name: 'replaced' });
    await expect(cache((redis) => redis.ping())).rejects.toMatchObject({ name: 'ConnectError' });
    const replacement = replaceRedis(cache, mockAt());
    await cache((redis) => redis.ping());
    await cache.close();
    const names = () => {
      const seen: string[] = [];
      channel('with-redis:instances').publish({ add: ({ stats }: InstanceReport) => seen.push(stats.name) });
      return seen;
    };
    names();
    await replacement.restore();
    expect(names()).toContain('replaced');
    await cache.close();
    expect(names()).not.toContain('replaced');
  });

  it('has one key prefix, that of its client, for scopes and for the standing client', async () => {
    const cache = instanceOf({ redis: { keyPrefix: 'own:' }, pool: true });
    const standing = cache.redis;
    for (const keyPrefix of [undefined, 'own:', 'other:']) {
      port += 1;
      const at = port;
      const data = new RedisMock({ port: at });
      await using _ = replaceRedis(cache, () => new RedisMock({ port: at, ...(keyPrefix && { keyPrefix }) }));
      await cache((redis) => redis.set('a', '1'));
      await standing.set('b', '2');
      await standing.pipeline().set('c', '3').exec();
      expect(await standing.mget('a', 'b', 'c')).toEqual(['1', '2', '3']);
      const prefix = keyPrefix ?? '';
      expect(await data.mget(`${prefix}a`, `${prefix}b`, `${prefix}c`)).toEqual(['1', '2', '3']);
    }
  });

  it('that another copy of the package has closed lets no call through to the server', async () => {
    vi.stubEnv('REDIS_URL', nowhere.url);
    const copies = [new DefaultInstance(readOptions()), new DefaultInstance(readOptions())] as const;
    const restore = copies[0].current.replace(mockAt());
    expect(await runOn(copies[1].current, (redis) => redis.ping())).toBe('PONG');
    await copies[1].last.close();
    await expect(runOn(copies[0].current, (redis) => redis.ping())).rejects.toMatchObject({
      name: 'ClosedError',
    });
    await restore();
  });

  it('is refused where there is nothing to replace, or nothing to replace it with', async () => {
    expect(() => replaceRedis({} as WithRedis, mockAt())).toThrow(/^Option instance must be withRedis/);
    expect(() => replaceRedis(undefined as never, mockAt())).toThrow(/^Option instance must be withRedis/);
    expect(() => replaceRedis(instanceOf(), undefined as never)).toThrow(
      /^Option connect must be a function/,
    );
  });
});
