import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AcquireTimeoutError, DeadlineExceededError, QueueFullError } from '../../src/index.js';
import {
  eventually,
  outcomeOf,
  SOURCES_AND_PROTOCOLS,
  sleep,
  useInstances,
  useServer,
} from '../support/harness.js';

const redis = useServer();

describe.each(SOURCES_AND_PROTOCOLS)('waiting for a connection, $source', ({ pool, redis: options }) => {
  const create = useInstances(() => ({ url: redis.url, pool, redis: options }));

  it('never has more than maxConnections sockets on the server, in a burst of 500', async () => {
    const withRedis = create({ maxConnections: 7 });
    let most = 0;
    let done = false;
    const watching = (async () => {
      while (!done) most = Math.max(most, (await redis.clients()).length);
    })();
    const values = await Promise.all(Array.from({ length: 500 }, () => withRedis((r) => r.incr('burst'))));
    done = true;
    await watching;
    expect(new Set(values).size).toBe(500);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(7);
  });

  it('dials no more than maxConnecting at once', async () => {
    const withRedis = create({ maxConnections: 10, maxConnecting: 2 });
    let most = 0;
    const calls = Array.from({ length: 40 }, () => withRedis((r) => r.ping()));
    const timer = setInterval(() => {
      most = Math.max(most, withRedis.stats().connecting);
    });
    await Promise.all(calls);
    clearInterval(timer);
    expect(most).toBeLessThanOrEqual(2);
  });

  it('serves waiters in the order they came', async () => {
    const withRedis = create({ maxConnections: 1 });
    const order: number[] = [];
    await Promise.all(Array.from({ length: 20 }, (_, i) => withRedis(() => void order.push(i))));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('counts all who wait, for a connection of their own and for the shared one', async () => {
    const withRedis = create({ maxConnections: 2, acquireTimeoutMs: 2_000 });
    const held = [await withRedis.acquire(), await withRedis.acquire()];
    const waiting = (['exclusive', 'shared', 'auto', 'exclusive'] as const).map((isolation) =>
      withRedis((r) => r.ping(), { isolation }),
    );
    expect(withRedis.stats()).toMatchObject({ pending: 4, borrowed: 2 });
    for (const lease of held) await lease.release();
    await Promise.all(waiting);
    expect(withRedis.stats()).toMatchObject({ pending: 0 });
  });

  it('gives up after acquireTimeoutMs, and says who holds what', async () => {
    const withRedis = create({ maxConnections: 1, acquireTimeoutMs: 50 });
    const held = await withRedis.acquire({ label: 'holder', acquireTimeoutMs: 5_000 });
    const { error } = await outcomeOf(withRedis('hungry', (r) => r.ping()));
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error).toMatchObject({
      label: 'hungry',
      size: 1,
      borrowed: 1,
      pending: 1,
      oldest: { label: 'holder', heldMs: expect.any(Number) },
    });
    expect((error as Error).message).toContain('holder');
    expect(withRedis.stats()).toMatchObject({ timeouts: 1, pending: 0 });
    await held.release();
  });

  it('counts the deadline while waiting, too', async () => {
    const withRedis = create({ maxConnections: 1 });
    const held = await withRedis.acquire();
    const { error } = await outcomeOf(withRedis((r) => r.ping(), { deadlineMs: 40 }));
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(error).toMatchObject({ phase: 'wait', commands: [] });
    await held.release();
  });

  it('refuses more than maxPending waiters at once', async () => {
    const withRedis = create({ maxConnections: 1, maxPending: 2 });
    const held = await withRedis.acquire();
    const waiting = [withRedis((r) => r.ping()), withRedis((r) => r.ping())];
    const { error } = await outcomeOf(withRedis((r) => r.ping()));
    expect(error).toBeInstanceOf(QueueFullError);
    expect(error).toMatchObject({ pending: 2, maxPending: 2 });
    const refused = await Promise.all(
      ['one', 'two'].map((label) => outcomeOf(withRedis(label, (r) => r.ping(), { isolation: 'shared' }))),
    );
    const told = ['one', 'two'].map((label) => ({ code: 'ERR_WITH_REDIS_QUEUE_FULL', label }));
    expect(refused.map((outcome) => outcome.error)).toMatchObject(told);
    await held.release();
    expect(await Promise.all(waiting)).toEqual(['PONG', 'PONG']);
  });

  it('forgets a waiter that aborts: no slot, no connection, no listener', async () => {
    const withRedis = create({ maxConnections: 1 });
    const held = await withRedis.acquire();
    const controller = new AbortController();
    const { signal } = controller;
    const waiters = Array.from({ length: 100 }, () => outcomeOf(withRedis((r) => r.ping(), { signal })));
    const last = withRedis((r) => r.ping());
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort('enough');
    expect(await Promise.all(waiters)).toEqual(Array(100).fill({ error: 'enough' }));
    expect(withRedis.stats()).toMatchObject({ pending: 1, cancelled: 100 });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await held.release();
    expect(await last).toBe('PONG');
  });

  it('loses no connection when waiters abort around the moment of release', async () => {
    const withRedis = create({ maxConnections: 1 });
    for (let round = 0; round < 30; round++) {
      const held = await withRedis.acquire();
      const waiters = Array.from({ length: 10 }, (_, i) => {
        const controller = new AbortController();
        const wait = outcomeOf(withRedis(() => 'ran', { signal: controller.signal }));
        setTimeout(() => controller.abort(), i % 3);
        return wait;
      });
      setTimeout(() => void held.release(), 1);
      await Promise.all(waiters);
      await held.release();
    }
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, pending: 0 });
    expect((await redis.clients()).length).toBeLessThanOrEqual(1);
  });

  it('leaves no listener on a signal that outlives a thousand calls, and no warning', async () => {
    const withRedis = create();
    const { signal } = new AbortController();
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    await Promise.all(Array.from({ length: 1_000 }, () => withRedis(() => 1, { signal })));
    await sleep(0);
    process.off('warning', onWarning);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
  });

  it('hands over the caller context to fn although another scope releases the connection', async () => {
    const { AsyncLocalStorage } = await import('node:async_hooks');
    const storage = new AsyncLocalStorage<number>();
    const withRedis = create({ maxConnections: 1 });
    const seen = await Promise.all(
      [1, 2, 3, 4].map((id) => storage.run(id, () => withRedis(() => storage.getStore()))),
    );
    expect(seen).toEqual([1, 2, 3, 4]);
    await eventually(
      () => withRedis.stats().borrowed,
      (borrowed) => borrowed === 0,
    );
  });
});
