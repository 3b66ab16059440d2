import { describe, expect, it } from 'vitest';
import { ClosedError, type Lease, LeaseReleasedError } from '../../src/index.js';
import {
  eventually,
  itCountsExactly,
  outcomeOf,
  SOURCES_AND_PROTOCOLS,
  sleep,
  useInstances,
  useServer,
} from '../support/harness.js';

const redis = useServer();

describe.each(SOURCES_AND_PROTOCOLS)('leases and closing, $source', ({ pool, redis: options }) => {
  const create = useInstances(() => ({ url: redis.url, pool, redis: options }));

  it('lends until release; a second release does nothing', async () => {
    const withRedis = create({ maxConnections: 1 });
    const lease = await withRedis.acquire({ label: 'by hand' });
    expect(await lease.redis.ping()).toBe('PONG');
    expect(withRedis.stats().borrowed).toBe(1);
    await lease.release();
    const next = await withRedis.acquire();
    await lease.release();
    await lease.destroy();
    await lease[Symbol.asyncDispose]();
    expect(await next.redis.ping()).toBe('PONG');
    await expect(lease.redis.ping()).rejects.toBeInstanceOf(LeaseReleasedError);
    await next.release();
  });

  it.each(['release', 'destroy'] as const)(
    'is over once, also where hooks end it again as it ends by %s',
    async (how) => {
      let lease: Lease | undefined;
      let released = 0;
      const onRelease = () => {
        released += 1;
        for (const end of ['release', 'destroy'] as const) if (released < 9) void lease?.[end]();
      };
      const withRedis = create({ maxConnections: 1, observer: { onRelease } });
      lease = await withRedis.acquire();
      await lease[how]();
      expect(released).toBe(1);
      const { idle, borrowed, size } = withRedis.stats();
      expect({ idle, borrowed }).toEqual({ idle: pool && how === 'release' ? 1 : 0, borrowed: 0 });
      expect(size).toBe(idle);
      let inside = 0;
      const use = () =>
        withRedis(async (r) => {
          inside += 1;
          await r.ping();
          expect(inside).toBe(1);
          inside -= 1;
        });
      await Promise.all([use(), use(), use()]);
    },
  );

  it('releases at the end of an await using block, also by a throw', async () => {
    const withRedis = create();
    const failure = new Error('out of the block');
    const { error } = await outcomeOf(
      (async () => {
        await using lease = await withRedis.acquire();
        await lease.redis.ping();
        throw failure;
      })(),
    );
    expect(error).toBe(failure);
    expect(withRedis.stats().borrowed).toBe(0);
  });

  itCountsExactly('destroys on demand', async () => {
    const withRedis = create();
    const lease = await withRedis.acquire();
    await lease.destroy();
    expect(await redis.clients()).toHaveLength(0);
    expect(withRedis.stats().destroyed).toEqual({ destroyed: 1 });
  });

  it('a signal says that the connection was lost', async () => {
    const withRedis = create();
    const lease = await withRedis.acquire();
    const id = await lease.redis.client('ID');
    expect(lease.signal.aborted).toBe(false);
    await redis.observer.command('CLIENT', 'KILL', 'ID', Number(id));
    await eventually(
      () => lease.signal.aborted,
      (aborted) => aborted,
    );
    expect(lease.signal.reason).toMatchObject({ message: 'the connection of this lease was lost' });
    await lease.release();
  });

  it('a signal says that the connection was taken away, and nothing of a release', async () => {
    const withRedis = create();
    const released = await withRedis.acquire();
    await released.release();
    const destroyed = await withRedis.acquire();
    await destroyed.destroy();
    const kept = await withRedis.acquire();
    await withRedis.close({ deadlineMs: 20 });
    expect(kept.signal.reason).toBeInstanceOf(ClosedError);
    expect([released.signal.aborted, destroyed.signal.aborted]).toEqual([false, false]);
  });

  it('close waits for what runs, refuses what comes, and leaves no connection', async () => {
    const withRedis = create({ maxConnections: 1, name: 'closing' });
    await withRedis((r) => r.ping());
    const running = withRedis(async (r) => {
      await sleep(40);
      return r.ping();
    });
    const waiting = outcomeOf(withRedis('waits', (r) => r.ping()));
    await eventually(
      () => withRedis.stats(),
      ({ borrowed, pending }) => borrowed === 1 && pending === 1,
    );
    const closing = withRedis.close();
    expect(withRedis.close({ deadlineMs: 1 })).toBe(closing);
    expect((await waiting).error).toBeInstanceOf(ClosedError);
    expect((await waiting).error).toMatchObject({ instance: 'closing', label: 'waits' });
    await expect(withRedis((r) => r.ping())).rejects.toBeInstanceOf(ClosedError);
    await expect(withRedis.acquire()).rejects.toBeInstanceOf(ClosedError);
    expect(await closing).toMatchObject({ drained: true, forced: [] });
    expect(await redis.clients()).toHaveLength(0);
    expect(await running).toBe('PONG');
  });

  it('close ends by force what does not end, and reports it', async () => {
    const withRedis = create();
    const stuck = outcomeOf(withRedis('stuck', (r) => r.blpop('never', 0)));
    const lease = await withRedis.acquire({ label: 'kept' });
    await lease.redis.ping();
    await sleep(20);
    const startedAt = performance.now();
    const report = await withRedis.close({ deadlineMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(report).toMatchObject({
      drained: false,
      forced: [
        { label: 'stuck', lastCommand: 'blpop' },
        { label: 'kept', lastCommand: 'ping' },
      ],
    });
    expect((await stuck).error).toBeInstanceOf(ClosedError);
    await expect(lease.redis.ping()).rejects.toBeInstanceOf(LeaseReleasedError);
    expect(await redis.clients()).toHaveLength(0);
  });

  it('close ends a backoff at once', async () => {
    const withRedis = create({ retry: { attempts: 2, delayMs: 60_000, maxDelayMs: 60_000 } });
    const sleeping = outcomeOf(withRedis(() => Promise.reject(new Error('try again'))));
    await sleep(30);
    await withRedis.close();
    expect((await sleeping).error).toBeInstanceOf(ClosedError);
  });

  it('can be closed before it was used', async () => {
    const withRedis = create();
    await expect(withRedis.close()).resolves.toMatchObject({ drained: true });
    await withRedis[Symbol.asyncDispose]();
  });
});
