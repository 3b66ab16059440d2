import { describe, expect, it } from 'vitest';
import type { CloseReport, Observer, WithRedis, WithRedisOptions } from '../../src/index.js';
import { eventually, outcomeOf, SOURCES, useInstances, useServer } from '../support/harness.js';

const KINDS = SOURCES.flatMap((source) =>
  (['exclusive', 'shared', 'auto'] as const).map((isolation) => ({ ...source, isolation })),
);

/** Hooks run inside the instance; what they do to it must not find it half-way through something. */
describe.each(KINDS)(
  'observer hooks that act on the call they observe, $source, $isolation',
  ({ pool, isolation }) => {
    const redis = useServer();
    const instance = useInstances(() => ({
      url: redis.url,
      pool,
      isolation,
      deadlineMs: 2_000,
      maxConnections: isolation === 'auto' ? 2 : 1,
    }));
    const observed = (observer: Observer, options: WithRedisOptions = {}) =>
      instance({ observer, ...options });

    it('an abort in onAcquire ends the call with its reason, without a run of fn, and the connection is free', async () => {
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const cache = observed({ onAcquire: () => controller.abort(reason) });
      let ran = false;
      const call = cache(
        () => {
          ran = true;
        },
        { signal: controller.signal },
      );
      expect((await outcomeOf(call)).error).toBe(reason);
      expect(ran).toBe(false);
      expect(await cache((client) => client.ping())).toBe('PONG');
    });

    it.runIf(isolation === 'exclusive')(
      'an abort in the microtasks between grant and run does too',
      async () => {
        const cache = instance();
        for (let ticks = 0; ticks < 40; ticks++) {
          const controller = new AbortController();
          const held = await cache.acquire();
          const call = outcomeOf(cache((client) => client.ping(), { signal: controller.signal }));
          const released = held.release();
          for (let tick = 0; tick < ticks; tick++) await undefined;
          controller.abort('stop');
          const { value, error } = await call;
          expect(value ?? error, `abort after ${ticks} microtasks`).toBe(
            error === undefined ? 'PONG' : 'stop',
          );
          await released;
          await eventually(
            () => cache.stats().borrowed,
            (borrowed) => borrowed === 0,
          );
        }
      },
    );

    it('a close in onAcquire ends that call in time, too', async () => {
      let closing: Promise<CloseReport> | undefined;
      const cache: WithRedis = observed({
        onAcquire: () => {
          closing = cache.close({ deadlineMs: 1 });
        },
      });
      const { error } = await outcomeOf(cache((client) => client.ping().then(() => new Promise(() => {}))));
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CLOSED' });
      expect(await closing).toMatchObject({ drained: false });
      expect(await redis.clients()).toEqual([]);
    });

    it('a new call in onRelease gets a connection', async () => {
      const inner: Promise<unknown>[] = [];
      const cache: WithRedis = observed({
        onRelease: () => {
          if (inner.length < 3) inner.push(cache((client) => client.ping()));
        },
      });
      await cache((client) => client.ping());
      await eventually(
        () => inner.length,
        (length) => length === 3,
      );
      expect(await Promise.all(inner)).toEqual(['PONG', 'PONG', 'PONG']);
    });

    it('tells of one release for one acquire, of a scope that moves and of one that never ran, too', async () => {
      const controller = new AbortController();
      const told: string[] = [];
      const cache = observed({
        onAcquire: ({ label }) => {
          told.push(`acquire ${label}`);
          if (label === 'never ran') controller.abort();
        },
        onRelease: ({ label }) => void told.push(`release ${label}`),
      });
      await cache('plain', (client) => client.ping());
      await outcomeOf(cache('moves', (client) => client.call('WATCH', 'key')));
      await outcomeOf(cache('never ran', (client) => client.ping(), { signal: controller.signal }));
      await outcomeOf(cache('cut short', (client) => client.call('BLPOP', 'nothing', 0), { deadlineMs: 50 }));
      await outcomeOf(cache('forgets', (client) => void client.call('WATCH', 'key')));
      await cache.close();
      const labels = ['plain', 'moves', 'never ran', 'cut short', 'forgets'];
      expect(told).toEqual(labels.flatMap((label) => [`acquire ${label}`, `release ${label}`]));
    });
  },
);
