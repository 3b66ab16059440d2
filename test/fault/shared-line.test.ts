import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';

/** One connection for all: what happens to it happens to everybody, so it must not be kept beyond its time. */
describe.each([
  { isolation: 'shared', pool: true },
  { isolation: 'shared', pool: false },
  { isolation: 'auto', pool: true },
] as const)('a shared line, $isolation, pool: $pool', ({ isolation, pool }) => {
  const redis = useServer();
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  beforeEach(() => {
    proxy.mode = 'pass';
  });
  afterAll(() => proxy.close());
  const instance = useInstances(() => ({ url: proxy.url, isolation, pool, maxConnections: 3 }));

  it('leaves no listener on a connection that it gives back', async () => {
    const cache = instance();
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const listeners = await cache(({ stream }) => stream.listenerCount('data'));
    for (let line = 0; line < 14; line++) {
      await cache((client) => client.ping());
      await sleep(25);
    }
    expect(await cache(({ stream }) => stream.listenerCount('data'))).toBe(listeners);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('that has gone silent takes no more scopes in, however many overlap', async () => {
    const cache = instance({ deadlineMs: 300, releaseTimeoutMs: 100 });
    await cache((client) => client.ping());
    const first = outcomeOf(
      cache((client) =>
        client
          .ping()
          .then(() => sleep(50))
          .then(() => client.ping()),
      ),
    );
    await sleep(20);
    const frozen = proxy.freeze();
    let ok = 0;
    const calls: Promise<unknown>[] = [];
    for (let round = 0; round < 40; round++) {
      calls.push(
        outcomeOf(cache((client) => client.ping())).then(({ value }) => {
          if (value === 'PONG') ok += 1;
        }),
      );
      await sleep(25);
    }
    await Promise.all([first, ...calls]);
    frozen.end();
    expect(ok).toBeGreaterThan(15);
  });

  it('that was idle for long, the process frozen, is not trusted', async () => {
    const cache = instance({ deadlineMs: 1_000, releaseTimeoutMs: 100 });
    await cache((client) => client.ping());
    const frozen = proxy.freeze();
    const now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + 60_000);
    try {
      const startedAt = performance.now();
      expect(await cache((client) => client.ping())).toBe('PONG');
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    } finally {
      vi.restoreAllMocks();
      frozen.end();
    }
    await cache.close();
    await eventually(redis.clients, (clients) => clients.length === 0);
  });
});
