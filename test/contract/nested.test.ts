import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { defer } from '../../src/core/outcome.js';
import { NestedScopeError, type WithRedis } from '../../src/index.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

/** Tells a deadlock that was refused from one that ran into its limits. */
const acquireTimeoutMs = 5_000;

describe.each(SOURCES)('a scope inside a scope, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool, acquireTimeoutMs }));
  const ping = (cache: WithRedis, label = 'inner') => cache(label, (r) => r.ping());

  describe("nested: 'allow'", () => {
    it.each(['exclusive', 'shared', 'auto'] as const)(
      'a deadlock with isolation %s ends at acquireTimeoutMs, and its error names the oldest lease',
      async (isolation) => {
        const cache = create({ maxConnections: 2, acquireTimeoutMs: 200 });
        const held = await cache.acquire({ label: 'held' });
        const { error } = await outcomeOf(
          cache('outer', async () => cache('inner', (r) => r.ping(), { isolation })),
        );
        expect(error).toMatchObject({
          code: 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT',
          label: 'inner',
          oldest: { label: 'held' },
        });
        await held.release();
      },
    );
  });

  describe("nested: 'detect'", () => {
    const nested = 'detect';

    it('refuses a scope that waits for the connection of the scope around it, with both labels and stacks', async () => {
      const cache = create({ nested, maxConnections: 1 });
      const innermost = () => cache('inner', (r) => r.ping());
      const { error } = await outcomeOf(
        cache('outer', async function outermost() {
          await innermost();
        }),
      );
      expect(error).toBeInstanceOf(NestedScopeError);
      expect(error).toMatchObject({
        label: 'inner',
        outer: { label: 'outer', stack: expect.stringContaining('nested.test.ts') },
        inner: { label: 'inner', stack: expect.stringContaining('innermost') },
      });
      expect(cache.stats()).toMatchObject({ pending: 0, timeouts: 0 });
      expect(await ping(cache)).toBe('PONG');
      // By now it is known that scopes nest here, and each is remembered with the place where it was opened.
      const opener = () => cache('outer', async () => void (await innermost()));
      const again = await outcomeOf(opener());
      expect(again.error).toMatchObject({ outer: { stack: expect.stringContaining('opener') } });
    });

    it('refuses one of two scopes that hold a connection each and wait for one more', async () => {
      const cache = create({ nested, maxConnections: 2 });
      let inside = 0;
      const greedy = () =>
        cache('greedy', async () => {
          inside += 1;
          await eventually(
            () => inside,
            (both) => both === 2,
          );
          return ping(cache);
        });
      const outcomes = await Promise.all([outcomeOf(greedy()), outcomeOf(greedy())]);
      const refused = outcomes.filter(({ error }) => error instanceof NestedScopeError);
      expect(refused).toHaveLength(1);
      expect(outcomes).toContainEqual({ value: 'PONG' });
    });

    it('lets a scope wait that a sibling will serve', async () => {
      const cache = create({ nested, maxConnections: 2 });
      const sibling = cache(() => sleep(50));
      expect(await cache(() => ping(cache))).toBe('PONG');
      await sibling;
    });

    it('lets a scope wait that is not inside any other', async () => {
      const cache = create({ nested, maxConnections: 1 });
      const outer = cache(() => sleep(30));
      expect(await ping(cache)).toBe('PONG');
      await outer;
    });

    it('lets a scope wait that was started as the last thing of the one around it', async () => {
      const cache = create({ nested, maxConnections: 1 });
      let late: Promise<string> | undefined;
      await cache(() => {
        late = ping(cache);
      });
      expect(await late).toBe('PONG');
    });

    it('does not take what a scope left behind for a part of it', async () => {
      const cache = create({ nested, maxConnections: 1 });
      let late: Promise<string> | undefined;
      await cache(() => {
        late = sleep(20).then(() => ping(cache));
      });
      const busy = cache(() => sleep(40));
      expect(await late).toBe('PONG');
      await busy;
    });

    it('knows nothing of how long a lease from acquire() is held, and waits', async () => {
      const cache = create({ nested, maxConnections: 2 });
      const value = await cache(async () => {
        const lease = await cache.acquire();
        setTimeout(() => void lease.release(), 30);
        return ping(cache);
      });
      expect(value).toBe('PONG');
    });

    it('refuses acquire() and transaction() inside a scope alike', async () => {
      const cache = create({ nested, maxConnections: 1 });
      const acquired = await outcomeOf(cache(() => cache.acquire().then((lease) => lease.release())));
      expect(acquired.error).toBeInstanceOf(NestedScopeError);
      const transacted = await outcomeOf(
        cache(() => cache.transaction(['k'], (_, multi) => void multi.incr('k'))),
      );
      expect(transacted.error).toBeInstanceOf(NestedScopeError);
    });

    it('refuses again and again where a scope goes on after a refusal', async () => {
      const cache = create({ nested, maxConnections: 1 });
      const outcomes = await cache(() => Promise.allSettled([ping(cache), ping(cache)]));
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    });

    it('does not try again what is refused', async () => {
      const cache = create({ nested, maxConnections: 1 });
      let attempts = 0;
      const retry = { attempts: 3, delayMs: 1 };
      const { error } = await outcomeOf(
        cache(
          () => {
            attempts += 1;
            return cache((r) => r.ping(), { retry });
          },
          { retry },
        ),
      );
      expect(error).toBeInstanceOf(NestedScopeError);
      expect(attempts).toBe(1);
      expect(cache.stats().retries).toBe(0);
    });

    it('counts the connections of one instance alone', async () => {
      const [one, other] = [create({ nested, maxConnections: 1 }), create({ nested, maxConnections: 1 })];
      expect(await one(() => ping(other))).toBe('PONG');
      const busy = other(() => sleep(30));
      expect(await one(() => ping(other))).toBe('PONG');
      await busy;
    });

    it('sees through a scope of another instance', async () => {
      const [one, other] = [create({ nested, maxConnections: 1 }), create({ nested, maxConnections: 1 })];
      const { error } = await outcomeOf(one('outer', () => other(() => ping(one))));
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_NESTED_SCOPE', outer: { label: 'outer' } });
    });

    it('does not take a handler of a subscription for a part of the scope in which its connection was opened', async () => {
      const cache = create({ nested: 'forbid', maxConnections: 2 });
      const heard = defer<string>();
      const lease = await cache.acquire();
      await lease.redis.subscribe('news');
      lease.redis.on('message', () => ping(cache).then(heard.resolve, heard.reject));
      await redis.observer.command('PUBLISH', 'news', 'hello');
      expect(await heard.promise).toBe('PONG');
      await lease.destroy();
    });

    it('refuses an exclusive scope inside a shared one that has the only connection', async () => {
      const cache = create({ nested, maxConnections: 1, isolation: 'shared' });
      const { error } = await outcomeOf(cache(() => cache((r) => r.ping(), { isolation: 'exclusive' })));
      expect(error).toBeInstanceOf(NestedScopeError);
    });

    it('refuses a shared scope inside an exclusive one that has the only connection', async () => {
      const cache = create({ nested, maxConnections: 1 });
      const { error } = await outcomeOf(cache(() => cache((r) => r.ping(), { isolation: 'shared' })));
      expect(error).toBeInstanceOf(NestedScopeError);
      expect(await ping(cache)).toBe('PONG');
    });

    it('lets shared scopes nest in one connection', async () => {
      const cache = create({ nested, maxConnections: 1, isolation: 'shared' });
      expect(await cache(() => ping(cache as unknown as WithRedis))).toBe('PONG');
    });

    it('refuses the move of an auto scope whose own ancestor holds what it would move to', async () => {
      const cache = create({ nested, maxConnections: 2 });
      const { error } = await outcomeOf(
        cache('outer', () => cache('mover', (r) => r.watch('key'), { isolation: 'auto' })),
      );
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_NESTED_SCOPE', label: 'mover' });
      expect(cache.stats().pending).toBe(0);
    });

    it('lets an auto scope move that only has to wait its turn', async () => {
      const cache = create({ nested, maxConnections: 2, isolation: 'auto' });
      const move = () => cache((r) => r.watch('key'));
      expect(await Promise.all([move(), move(), move()])).toEqual(['OK', 'OK', 'OK']);
    });
  });

  describe("nested: 'forbid'", () => {
    it('refuses every scope inside a scope, although a connection is free', async () => {
      const cache = create({ nested: 'forbid' });
      const attempts = [
        () => ping(cache),
        () => cache.acquire(),
        () => cache.transaction(['k'], (_, multi) => void multi.incr('k')),
      ];
      for (const attempt of attempts) {
        const { error } = await outcomeOf(cache('outer', async () => void (await attempt())));
        expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_NESTED_SCOPE', outer: { label: 'outer' } });
      }
      expect(cache.stats()).toMatchObject({ acquired: 3 });
    });

    it('leaves nothing behind of a scope that it refuses', async () => {
      const cache = create({ nested: 'forbid' });
      const { signal } = new AbortController();
      await cache(async () => {
        await outcomeOf(cache((r) => r.ping(), { signal }));
        expect(getEventListeners(signal, 'abort')).toEqual([]);
      });
    });

    it('lets scopes run side by side, one after the other, and after one that has ended', async () => {
      const cache = create({ nested: 'forbid' });
      await Promise.all([ping(cache), ping(cache)]);
      let late: Promise<string> | undefined;
      await cache(() => {
        late = sleep(10).then(() => ping(cache));
      });
      expect(await late).toBe('PONG');
    });
  });
});
