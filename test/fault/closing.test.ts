import { describe, expect, it, vi } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.js';
import { outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';

describe('closing while the network is dead', () => {
  const redis = useServer();
  const instance = useInstances();

  it('neither waits for dials nor begins one, also behind a probe that fails', async () => {
    const proxy = await startFaultProxy(redis.server);
    try {
      const cache = instance({ url: proxy.url, pool: { validateAfterIdleMs: 1 }, maxConnections: 3 });
      await Promise.all([1, 2].map(() => cache((client) => client.ping())));
      await sleep(30);
      proxy.mode = 'blackhole';
      const calls = [1, 2, 3].map(() => outcomeOf(cache((client) => client.ping())));
      await sleep(20);
      const startedAt = performance.now();
      const accepts = proxy.accepts;
      await cache.close({ deadlineMs: 50 });
      // A probe has 250 ms, and a socket 100 ms to close.
      expect(performance.now() - startedAt).toBeLessThan(50 + 250 + 100 + 100);
      expect(proxy.accepts).toBe(accepts);
      expect(proxy.open).toBe(0);
      for (const { error } of await Promise.all(calls))
        expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CLOSED' });
    } finally {
      proxy.mode = 'pass';
      await proxy.close();
    }
  });

  it('gives one release its time, and not a second to whoever was to end a blocking command', async () => {
    const proxy = await startFaultProxy(redis.server);
    try {
      const cache = instance({ url: proxy.url, pool: true, maxConnections: 3, releaseTimeoutMs: 800 });
      await Promise.all([1, 2, 3].map(() => cache((client) => client.ping())));
      const blocked = outcomeOf(cache((client) => client.blpop('nothing', 60)));
      await sleep(30);
      proxy.mode = 'blackhole';
      const startedAt = performance.now();
      await cache.close({ deadlineMs: 50 });
      // Without the time that the second one would take, of which 100 ms are for the socket.
      expect(performance.now() - startedAt).toBeLessThan(50 + 800 + 100 + 350);
      expect((await blocked).error).toMatchObject({ code: 'ERR_WITH_REDIS_CLOSED' });
      expect(proxy.open).toBe(0);
    } finally {
      proxy.mode = 'pass';
      await proxy.close();
    }
  });
});

describe('a process that was frozen', () => {
  const redis = useServer();
  const instance = useInstances();

  it('does not take a connection for fresh that was given back just before', async () => {
    const proxy = await startFaultProxy(redis.server);
    const cache = instance({ url: proxy.url, pool: true, maxConnections: 1, deadlineMs: 1_000 });
    await cache((client) => client.ping());
    const frozen = proxy.freeze();
    const wallTime = Date.now;
    // Monotonic time stands still in a frozen process, and wall time does not.
    vi.spyOn(Date, 'now').mockImplementation(() => wallTime() + 60_000);
    try {
      expect(await cache((client) => client.ping())).toBe('PONG');
      expect(cache.stats().destroyed).toEqual({ unhealthy: 1 });
    } finally {
      vi.restoreAllMocks();
      frozen.end();
      await cache.close();
      await proxy.close();
    }
  });
});
