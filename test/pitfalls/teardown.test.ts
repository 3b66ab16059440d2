import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createWithRedis } from '../../src/index.js';
import { clientOf } from '../support/client-of.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';
import { startScriptedServer } from '../support/scripted-server.js';

const redis = useServer();

describe.each(SOURCES)('F. teardown, $source', ({ pool }) => {
  const create = useInstances({ pool });
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  afterAll(() => proxy.close());

  it('47. a server that goes down during a lease: every promise settles, and the abort too', async () => {
    const flaky = await startFaultProxy(redis.server);
    const withRedis = create({ url: flaky.url });
    const controller = new AbortController();
    const settled: unknown[] = [];
    const call = outcomeOf(
      withRedis(
        async (r) => {
          await r.ping();
          flaky.stopListening();
          flaky.reset();
          for (let i = 0; i < 3; i++) settled.push(await outcomeOf(r.get('x')));
          setTimeout(() => controller.abort('enough'), 5);
          await new Promise(() => {});
        },
        { signal: controller.signal },
      ),
    );
    expect(await call).toEqual({ error: 'enough' });
    expect(settled).toHaveLength(3);
    await flaky.close();
  });

  it('48, 49. a release is bounded behind a blocking command, and on a dead network', async () => {
    const withRedis = create({ url: proxy.url, releaseTimeoutMs: 150 });
    let startedAt = performance.now();
    await withRedis((r) => {
      void r.blpop('never', 0);
    });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    const lease = await withRedis.acquire();
    await lease.redis.ping();
    const dead = proxy.freeze();
    startedAt = performance.now();
    void lease.redis.set('unanswered', '1');
    await lease.release();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    dead.end();
  });

  it('50. a server that closes its side first spoils no result', async () => {
    const rude = await startScriptedServer(([name], socket) => {
      if (name !== 'GET') return '+OK\r\n';
      setImmediate(() => socket.destroy());
      return '$5\r\nvalue\r\n';
    });
    const withRedis = create({ url: rude.url });
    expect(await withRedis((r) => r.get('key'))).toBe('value');
    await withRedis.close();
    await rude.close();
  });

  it('51. close has closed every socket by the time it resolves', async () => {
    const withRedis = create({ url: redis.url });
    await Promise.all(Array.from({ length: 10 }, () => withRedis(() => sleep(5))));
    await withRedis.close();
    expect(await redis.clients()).toEqual([]);
  });

  it.each(['ours', 'of a factory'])(
    '51. and cleared every timer of a client that is %s, given up while it waited',
    async (whose) => {
      const options = { socketTimeout: 60_000 };
      const connect = () => new Redis(proxy.url, options);
      const withRedis = create(whose === 'ours' ? { url: proxy.url, redis: options } : { connect });
      let client: unknown;
      const call = withRedis(
        async (r) => {
          client = clientOf(r);
          await r.ping();
          proxy.mode = 'blackhole';
          await r.get('key');
        },
        { deadlineMs: 200 },
      );
      expect((await outcomeOf(call)).error).toMatchObject({ name: 'DeadlineExceededError' });
      await withRedis.close();
      proxy.mode = 'pass';
      const { socketTimeoutTimer: timer } = client as { socketTimeoutTimer?: { _destroyed: boolean } };
      expect(timer?._destroyed ?? true).toBe(true);
    },
  );

  it('52. an abort while the connection is being cleaned changes neither result nor ledger', async () => {
    const slow = await startFaultProxy(redis.server);
    const withRedis = create({ url: slow.url });
    const controller = new AbortController();
    const failure = new Error('the function failed');
    const call = outcomeOf(
      withRedis(
        async (r) => {
          await r.watch('key');
          slow.mode = { delayMs: 40 };
          setTimeout(() => controller.abort('too late'), 10);
          throw failure;
        },
        { signal: controller.signal },
      ),
    );
    expect((await call).error).toBe(failure);
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, idle: pool ? 1 : 0 });
    await withRedis.close();
    await slow.close();
  });

  it('53. no second connection can be made from a handle', async () => {
    const withRedis = create({ url: redis.url });
    await withRedis(async (r) => {
      const loose = r as unknown as { duplicate(): void; monitor(): Promise<void> };
      expect(() => loose.duplicate()).toThrow(/scope/);
      await expect(loose.monitor()).rejects.toThrow(/scope/);
      await expect(r.call('MONITOR')).rejects.toThrow(/scope/);
    });
    await withRedis.close();
    expect(await redis.clients()).toEqual([]);
  });

  it('55. nothing is printed, whatever fails', async () => {
    const spies = (['error', 'warn', 'log'] as const).map((name) => vi.spyOn(console, name));
    const withRedis = create({ url: proxy.url, acquireTimeoutMs: 50 });
    await outcomeOf(create({ url: 'redis://127.0.0.1:1' })((r) => r.ping()));
    await outcomeOf(
      withRedis(async (r) => {
        await r.ping();
        proxy.reset();
        return r.ping();
      }),
    );
    await sleep(20);
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it('58. fifty first calls at once make one engine, and no more than maxConnections', async () => {
    const before = proxy.accepts;
    const withRedis = create({ url: proxy.url, maxConnections: 2, pool: true });
    await Promise.all(Array.from({ length: 50 }, () => withRedis((r) => r.ping())));
    expect(proxy.accepts - before).toBeLessThanOrEqual(2);
  });

  it('a needless password is accepted in silence', async () => {
    const spy = vi.spyOn(console, 'warn');
    const withRedis = create({ url: `redis://:needless@127.0.0.1:${redis.server.port}` });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  });
});

it('closing an instance twenty times over leaves nothing', async () => {
  for (let i = 0; i < 20; i++) {
    const withRedis = createWithRedis({ url: redis.url, pool: true });
    await withRedis((r) => r.ping());
    await withRedis.close();
  }
  expect(
    await eventually(
      () => redis.clients(),
      (clients) => clients.length === 0,
    ),
  ).toEqual([]);
});
