import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AcquireTimeoutError,
  ClosedError,
  ConfigurationError,
  ConnectError,
  createWithRedis,
} from '../../src/index.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

describe.each(SOURCES)('B. a factory that fails, $source', ({ pool }) => {
  const create = useInstances({ pool });

  const reason = new Error('no token today');
  it.each([
    ['rejects', () => Promise.reject(reason)],
    [
      'rejects in a later turn',
      async () => {
        await sleep(1);
        throw reason;
      },
    ],
    [
      'throws',
      () => {
        throw reason;
      },
    ],
  ])(
    '11, 12. a connect that %s rejects each caller with the cause, and the loop keeps turning',
    async (_, connect) => {
      let calls = 0;
      const withRedis = create({
        connect: () => {
          calls += 1;
          return connect();
        },
      });
      let ticks = 0;
      const ticking = setInterval(() => {
        ticks += 1;
      }, 5);
      const before = process.cpuUsage();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => outcomeOf(withRedis((r) => r.ping()))),
      );
      await eventually(
        () => ticks,
        (count) => count > 3,
      );
      clearInterval(ticking);
      for (const { error } of outcomes) expect(error).toMatchObject({ name: 'ConnectError', cause: reason });
      expect(calls).toBeLessThanOrEqual(20);
      expect(process.cpuUsage(before).user).toBeLessThan(200_000);
      expect(withRedis.stats()).toMatchObject({ pending: 0, connecting: 0, borrowed: 0 });
    },
  );

  it('11, 75. one that throws what may not be looked into passes it on as the cause', async () => {
    const trap = () => {
      throw new Error('do not look');
    };
    const untouchable = new Proxy(new Error('x'), { get: trap, getPrototypeOf: trap, has: trap });
    const withRedis = create({
      connect: () => {
        throw untouchable;
      },
    });
    const { error } = await outcomeOf(withRedis((r) => r.ping()));
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as Error).cause === untouchable).toBe(true);
  });

  it('13. one that hangs once holds its slot no longer than the bound, and close does not hang', async () => {
    let hangs = true;
    const withRedis = create({
      maxConnections: 1,
      acquireTimeoutMs: 250,
      connect: () => (hangs ? new Promise(() => {}) : new Redis(redis.url, { lazyConnect: true })),
    });
    const { error } = await outcomeOf(withRedis((r) => r.ping()));
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    hangs = false;
    expect(await withRedis((r) => r.ping(), { acquireTimeoutMs: 5_000 })).toBe('PONG');
    hangs = true;
    const stuck = outcomeOf(withRedis(() => sleep(500), { deadlineMs: 1_000 }));
    await withRedis.close({ deadlineMs: 50 });
    expect((await stuck).error).toBeInstanceOf(ClosedError);
  });

  it('13. a client that a hanging factory delivers too late is closed', async () => {
    const withRedis = create({
      maxConnections: 1,
      acquireTimeoutMs: 40,
      connect: async () => {
        await sleep(100);
        const client = new Redis(redis.url);
        await new Promise((resolve) => client.once('ready', resolve));
        return client;
      },
    });
    await outcomeOf(withRedis((r) => r.ping()));
    await withRedis.close();
    await sleep(120);
    await eventually(
      () => redis.clients(),
      (clients) => clients.length === 0,
    );
  });

  it('13. short waits on a slow handshake: never more than maxConnections, none after close', async () => {
    const proxy = await startFaultProxy(redis.server);
    proxy.mode = { delayMs: 60 };
    const withRedis = create({ url: proxy.url, maxConnections: 3, acquireTimeoutMs: 30 });
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, proxy.open);
    }, 2);
    await Promise.all(Array.from({ length: 20 }, () => outcomeOf(withRedis((r) => r.ping()))));
    clearInterval(watching);
    expect(most).toBeLessThanOrEqual(3);
    await withRedis.close();
    await eventually(
      () => proxy.open,
      (open) => open === 0,
    );
    await proxy.close();
  });

  it('a client that is not one, has ended, or comes a second time is refused by name', async () => {
    const ended = new Redis(redis.url, { lazyConnect: true });
    ended.disconnect();
    const one = new Redis(redis.url, { lazyConnect: true });
    const cases = [() => 'redis://localhost', () => undefined, () => ended, () => one];
    const errors: unknown[] = [];
    for (const connect of cases) {
      const withRedis = create({ connect, maxConnections: 2 });
      const first = await outcomeOf(withRedis.acquire());
      const second = await outcomeOf(withRedis.acquire());
      errors.push(second.error);
      await (first.value as { release(): Promise<void> } | undefined)?.release();
      await withRedis.close();
    }
    for (const error of errors) expect(error).toBeInstanceOf(ConfigurationError);
    expect(errors).toMatchObject(Array(4).fill({ option: 'connect' }));
    expect(await redis.clients()).toEqual([]);
  });
});

describe('B. a pool that keeps connections', () => {
  const create = useInstances(() => ({ url: redis.url, pool: { validateAfterIdleMs: 1 } }));
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  afterAll(() => proxy.close());

  it('14, 15. an idle connection that no longer answers is replaced in time, and closed', async () => {
    proxy.mode = 'pass';
    const withRedis = create({ url: proxy.url });
    await Promise.all([1, 2, 3].map(() => withRedis(() => sleep(10))));
    await sleep(10);
    proxy.mode = 'blackhole';
    const call = withRedis((r) => r.ping());
    await sleep(100);
    proxy.mode = 'pass';
    proxy.reset();
    const startedAt = performance.now();
    expect(await call).toBe('PONG');
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('15. all neighbours of one that did not answer are distrusted: one bound, not one each', async () => {
    proxy.mode = 'pass';
    const withRedis = create({ url: proxy.url, maxConnections: 8 });
    await Promise.all(Array.from({ length: 8 }, () => withRedis(() => sleep(10))));
    await sleep(10);
    expect(withRedis.stats().idle).toBe(8);
    // The old sockets stay dead; new ones pass.
    const dead = proxy.freeze();
    const startedAt = performance.now();
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    dead.end();
  });

  it('14. one whose probe is answered by a reset is replaced, without an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    proxy.mode = 'pass';
    const withRedis = create({ url: proxy.url });
    await withRedis((r) => r.ping());
    await sleep(5);
    proxy.mode = 'drop-replies';
    const call = outcomeOf(withRedis((r) => r.ping()));
    await sleep(20);
    proxy.mode = 'pass';
    proxy.reset();
    expect(await call).toEqual({ value: 'PONG' });
    await sleep(10);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  it('16. fn may throw at once, or return what is no promise', async () => {
    const withRedis = create({ maxConnections: 1 });
    await outcomeOf(
      withRedis(() => {
        throw new Error('at once');
      }),
    );
    expect(await withRedis(() => 42)).toBe(42);
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, created: 1 });
  });

  it('17. business errors cause no reconnects', async () => {
    const before = Number((await redis.observer.info('stats')).total_connections_received);
    const withRedis = create();
    const ids = new Set<unknown>();
    for (let i = 0; i < 100; i++) {
      await outcomeOf(
        withRedis(async (r) => {
          ids.add(await r.client('ID'));
          throw new Error('biz');
        }),
      );
    }
    expect(ids.size).toBe(1);
    expect(Number((await redis.observer.info('stats')).total_connections_received)).toBe(before + 1);
  });

  it('18. a second release frees nothing, and releases racing an abort and a kill reject nothing', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    const withRedis = create({ maxConnections: 1 });
    const stale = await withRedis.acquire();
    await stale.release();
    const current = await withRedis.acquire();
    await Promise.all([stale.release(), stale.destroy(), stale.release()]);
    const waiting = withRedis((r) => r.ping());
    expect(withRedis.stats()).toMatchObject({ borrowed: 1, pending: 1 });
    await current.release();
    expect(await waiting).toBe('PONG');
    const controller = new AbortController();
    const both = outcomeOf(
      withRedis(
        async (r) => {
          const id = await r.client('ID');
          void redis.observer.command('CLIENT', 'KILL', 'ID', id).then(() => controller.abort('both'));
          return r.blpop('never', 0);
        },
        { signal: controller.signal },
      ),
    );
    await both;
    await sleep(20);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    expect(await withRedis((r) => r.ping())).toBe('PONG');
  });

  it('19. destroying on a dead network is bounded, and the waiter is served', async () => {
    proxy.mode = 'pass';
    const withRedis = create({ url: proxy.url, maxConnections: 1 });
    const lease = await withRedis.acquire();
    await lease.redis.ping();
    const waiting = withRedis((r) => r.ping());
    const dead = proxy.freeze();
    const startedAt = performance.now();
    await lease.destroy();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(await waiting).toBe('PONG');
    dead.end();
  });

  it('20. a closed instance lends nothing, and closing twice is closing once', async () => {
    const withRedis = create();
    await withRedis((r) => r.ping());
    const closing = withRedis.close();
    expect(withRedis.close()).toBe(closing);
    await closing;
    expect((await outcomeOf(withRedis((r) => r.ping()))).error).toBeInstanceOf(ClosedError);
  });

  it('21. closing is bounded although a lease is stuck', async () => {
    const withRedis = create();
    const stuck = outcomeOf(withRedis((r) => r.blpop('never', 0)));
    await sleep(20);
    const startedAt = performance.now();
    await withRedis.close({ deadlineMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(await redis.clients()).toEqual([]);
    expect((await stuck).error).toBeInstanceOf(ClosedError);
  });

  it('21. keeps minIdle, also after the server was away', async () => {
    const flaky = await startFaultProxy(redis.server);
    await flaky.stopListening();
    const withRedis = create({ url: flaky.url, pool: { minIdle: 3, idleTimeoutMs: 60 } });
    await outcomeOf(withRedis((r) => r.ping()));
    await flaky.listenAgain();
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    await eventually(
      () => withRedis.stats().idle,
      (idle) => idle === 3,
      3_000,
    );
    await sleep(150);
    expect(withRedis.stats().idle).toBe(3);
    await withRedis.close();
    await flaky.close();
  });

  it('21. does not dial on and on to keep minIdle while the server is down', async () => {
    const flaky = await startFaultProxy(redis.server);
    flaky.mode = 'refuse';
    const withRedis = create({ url: flaky.url, pool: { minIdle: 3, idleTimeoutMs: 400 } });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => outcomeOf(withRedis((r) => r.ping()))),
    );
    for (const { error } of outcomes) expect(error).toMatchObject({ name: 'ConnectError' });
    const dials = flaky.accepts;
    await sleep(300);
    // Three in each run of the evictor, which comes every idleTimeoutMs / 4.
    expect(flaky.accepts - dials).toBeLessThanOrEqual(3 * 4);
    await withRedis.close();
    await flaky.close();
  });

  it('21. nor with an evictor that runs often: the pauses grow', async () => {
    const flaky = await startFaultProxy(redis.server);
    flaky.mode = 'refuse';
    const withRedis = create({ url: flaky.url, pool: { minIdle: 3, idleTimeoutMs: 40 } });
    await outcomeOf(withRedis((r) => r.ping()));
    await sleep(1_500);
    // One after the other 10, 20, 40, … ms for what is kept, three at once; in each run of the evictor it were 450.
    expect(flaky.accepts).toBeLessThanOrEqual(60);
    await withRedis.close();
    await flaky.close();
  });

  it('21. nor as often again for each of the calls that fail meanwhile', async () => {
    const flaky = await startFaultProxy(redis.server);
    flaky.mode = 'refuse';
    const withRedis = create({ url: flaky.url, pool: { minIdle: 3 } });
    const calls = 100;
    for (let call = 0; call < calls; call++) await outcomeOf(withRedis((r) => r.ping()));
    // One for each, the three that the pool begins with, and what the growing pauses let through.
    expect(flaky.accepts).toBeGreaterThanOrEqual(calls);
    expect(flaky.accepts).toBeLessThanOrEqual(calls + 30);
    flaky.mode = 'pass';
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    await withRedis.close();
    await flaky.close();
  });

  it('22. idle connections go after idleTimeoutMs', async () => {
    const withRedis = create({ pool: { idleTimeoutMs: 50 } });
    await Promise.all([1, 2, 3].map(() => withRedis((r) => r.ping())));
    await eventually(
      () => redis.clients(),
      (clients) => clients.length === 0,
    );
    expect(withRedis.stats()).toMatchObject({ idle: 0, destroyed: { idleTimeout: 3 } });
  });

  it('22. connections are not used beyond maxLifetimeMs', async () => {
    const withRedis = create({ pool: { maxLifetimeMs: 60 } });
    const first = await withRedis((r) => r.client('ID'));
    await sleep(80);
    expect(await withRedis((r) => r.client('ID'))).not.toBe(first);
    expect(withRedis.stats().destroyed).toMatchObject({ maxLifetime: 1 });
  });

  it('23. an idle connection that the server closed is not lent, and is gone from the ledger at once', async () => {
    const withRedis = create({ pool: { validateAfterIdleMs: 60_000 } });
    await Promise.all([1, 2, 3].map(() => withRedis((r) => r.ping())));
    await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(
      () => withRedis.stats().idle,
      (idle) => idle === 0,
    );
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(withRedis.stats().destroyed).toMatchObject({ lost: 3 });
  });

  it('24. a scope inside a scope on one connection ends with an error that names the holder', async () => {
    const withRedis = create({ maxConnections: 1, acquireTimeoutMs: 80 });
    const { error } = await outcomeOf(withRedis('outer', () => withRedis('inner', (r) => r.ping())));
    expect(error).toMatchObject({ name: 'AcquireTimeoutError', label: 'inner', oldest: { label: 'outer' } });
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, pending: 0 });
  });

  it('lends the connection used last first, or the one used longest ago', async () => {
    for (const order of ['lifo', 'fifo'] as const) {
      const withRedis = createWithRedis({ url: redis.url, pool: { order } });
      const [a, b] = [await withRedis.acquire(), await withRedis.acquire()];
      const [idA, idB] = [await a.redis.client('ID'), await b.redis.client('ID')];
      await a.release();
      await b.release();
      expect(await withRedis((r) => r.client('ID'))).toBe(order === 'lifo' ? idB : idA);
      await withRedis.close();
    }
  });
});
