import { describe, expect, it } from 'vitest';
import { defer } from '../../src/core/outcome.js';
import {
  DeadlineExceededError,
  LeaseReleasedError,
  NestedScopeError,
  type ScopedRedis,
  StatefulCommandError,
  type WithRedis,
  type WithRedisOptions,
} from '../../src/index.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();
const idOf = (client: ScopedRedis) => client.client('ID');

describe.each(SOURCES)("nested: 'reuse', $source", ({ pool }) => {
  const make = useInstances(() => ({ url: redis.url, pool, nested: 'reuse' as const }));
  const create = (options: WithRedisOptions = {}) => make({ maxConnections: 1, ...options });

  it('lends a scope the connection of the scope around it, at any depth', async () => {
    const cache = create();
    const ids = await cache('outer', async (outer) => [
      await idOf(outer),
      await cache('inner', async (inner) => [await idOf(inner), await cache('innermost', idOf)]),
    ]);
    expect(new Set(ids.flat()).size).toBe(1);
    expect(cache.stats()).toMatchObject({ acquired: 3, reused: 2, created: 1 });
  });

  it('leaves no WATCH of a transaction that failed to the scope around it', async () => {
    const cache = create();
    const replies = await cache(async (outer) => {
      await outcomeOf(cache.transaction(['watched'], () => Promise.reject(new Error('no'))));
      await redis.observer.command('SET', 'watched', 'changed');
      return outer.multi().get('watched').exec();
    });
    expect(replies).toEqual([[null, 'changed']]);
  });

  it.each(['a deadline', 'an abort'])(
    '%s of a scope inside that outlived the other leaves whoever came next alone',
    async (end) => {
      const cache = create();
      const controller = new AbortController();
      const options = end === 'an abort' ? { signal: controller.signal } : { deadlineMs: 60 };
      const inner = await cache((outer) => {
        const left = outcomeOf(cache(() => new Promise<never>(() => {}), options));
        return outer.ping().then(() => [left]);
      });
      const stranger = cache(async (client) => {
        await sleep(20);
        controller.abort(new Error('enough'));
        await inner[0];
        return client.ping();
      });
      expect(await stranger).toBe('PONG');
      expect((await inner[0])?.error).toBeInstanceOf(Error);
      expect(cache.stats().borrowed).toBe(0);
    },
  );

  it('closes no connection of somebody else where the outer scope ends while its command is let go of', async () => {
    const cache = create({ maxConnections: 2 });
    const controller = new AbortController();
    const inner: Promise<unknown>[] = [];
    const outer = cache(async (r) => {
      const blocked = r.blpop('nothing', 0);
      inner.push(outcomeOf(cache(() => new Promise<never>(() => {}), { signal: controller.signal })));
      return blocked;
    });
    const next = outer.then(() =>
      cache(async (r) => {
        await r.ping();
        await sleep(100);
        return r.ping();
      }),
    );
    await eventually(
      () => redis.clients(),
      (clients) => clients.some(({ cmd }) => cmd === 'blpop'),
    );
    controller.abort('enough');
    expect(await outer).toBeNull();
    expect(await next).toBe('PONG');
    expect(await Promise.all(inner)).toEqual([{ error: 'enough' }]);
  });

  it('gives nothing back at the end of the inner scope, and its handle is dead', async () => {
    const cache = create();
    await cache(async (outer) => {
      let kept: ScopedRedis | undefined;
      await cache((inner) => {
        kept = inner;
      });
      const { error } = await outcomeOf((kept as ScopedRedis).get('key'));
      expect(error).toBeInstanceOf(LeaseReleasedError);
      expect(cache.stats().borrowed).toBe(1);
      expect(await outer.ping()).toBe('PONG');
    });
  });

  it('passes on what the inner function throws, and the outer one goes on', async () => {
    const cache = create();
    const thrown = new Error('inner');
    await cache(async (outer) => {
      const { error } = await outcomeOf(cache(() => Promise.reject(thrown)));
      expect(error).toBe(thrown);
      expect(await outer.ping()).toBe('PONG');
    });
  });

  it('cleans at the end of the outer scope what the inner one left behind', async () => {
    const cache = create();
    await cache(async () => {
      await cache(async (inner) => {
        await inner.select(3);
        await inner.watch('key');
      });
    });
    await redis.observer.command('SET', 'key', 'changed');
    expect(await cache((next) => next.multi().get('key').exec())).toEqual([[null, 'changed']]);
  });

  it('gives the inner scope a connection of its own while the outer one carries a state', async () => {
    const cache = create({ maxConnections: 2 });
    await cache(async (outer) => {
      await outer.select(5);
      expect(await cache(idOf)).not.toBe(await idOf(outer));
      await outer.select(0);
    });
    const only = create();
    const { error } = await outcomeOf(
      only(async (outer) => {
        await outer.watch('key');
        await only(idOf);
      }),
    );
    expect(error).toBeInstanceOf(NestedScopeError);
  });

  it('lets two transactions at once not share a connection', async () => {
    const cache = create({ maxConnections: 2 });
    await redis.observer.command('SET', 'counter', '0');
    const add = () =>
      cache.transaction(['counter'], async (r, multi) => {
        multi.set('counter', Number(await r.get('counter')) + 1);
      });
    await cache(() => Promise.all([add(), add()]));
    expect(await redis.observer.command('GET', 'counter')).toBe('2');
  });

  it.each(['a scope beside it', 'the scope around it', 'RESET'])(
    'tries a transaction again whose WATCH was ended by %s',
    async (who) => {
      // RESET leaves a connection that nobody else is lent.
      const cache = create({ maxConnections: 2 });
      await redis.observer.command('SET', 'stock', '10');
      let runs = 0;
      const runBeside = async (outer: ScopedRedis) => {
        const watched = defer<void>();
        const log = async (r: ScopedRedis) => {
          await watched.promise;
          await (who === 'RESET' ? r.call('RESET') : r.multi().incr('log').exec());
        };
        const logged = who === 'the scope around it' ? log(outer) : cache(log);
        await cache.transaction(['stock'], async (r, multi) => {
          runs += 1;
          const left = Number(await r.get('stock'));
          if (runs === 1) {
            watched.resolve();
            await logged;
            await redis.observer.command('SET', 'stock', '100');
          }
          multi.set('stock', left - 1);
        });
      };
      await cache(runBeside);
      expect(await redis.observer.command('GET', 'stock')).toBe('99');
      expect(runs).toBe(2);
    },
  );

  it('gives what blocks on a standing client a connection of its own, whatever scope it is called in', async () => {
    const cache = create({ maxConnections: 2 });
    const job = await cache(async (r) => {
      const taken = cache.redis.blpop('jobs', 5);
      await r.rpush('jobs', 'job');
      return taken;
    });
    expect(job).toEqual(['jobs', 'job']);
  });

  it('refuses in a shared scope what it refuses elsewhere', async () => {
    const cache = create();
    await cache(async () => {
      const shared = { isolation: 'shared' } as const;
      const { error } = await outcomeOf(cache((r) => (r as ScopedRedis).watch('key'), shared));
      expect(error).toBeInstanceOf(StatefulCommandError);
      expect(await cache((r) => r.multi().ping().exec(), shared)).toEqual([[null, 'PONG']]);
    });
  });

  it('never lends an exclusive scope what others share', async () => {
    const cache = create({ maxConnections: 2 });
    const both = cache(
      async (outer) => [await outer.client('ID'), await cache(idOf, { isolation: 'exclusive' })],
      { isolation: 'shared' },
    );
    expect(new Set(await both).size).toBe(2);
  });

  it('lends the connection that an auto scope has moved to', async () => {
    const cache = create({ maxConnections: 2, isolation: 'auto' });
    const same = await cache(async (outer) => {
      await outer.watch('key');
      await outer.unwatch();
      return (await idOf(outer)) === (await cache(idOf, { isolation: 'exclusive' }));
    });
    expect(same).toBe(true);
  });

  it.each(['a deadline', 'an abort'])(
    'closes the connection after %s of the inner scope, and fails the commands of the outer one',
    async (kind) => {
      const cache = create();
      const reason = new Error('enough');
      const controller = new AbortController();
      if (kind === 'an abort') setTimeout(() => controller.abort(reason), 50);
      let signal: AbortSignal | undefined;
      const { error } = await outcomeOf(
        cache('outer', async (outer, scope) => {
          signal = scope.signal;
          const options = kind === 'an abort' ? { signal: controller.signal } : { deadlineMs: 50 };
          const inner = await outcomeOf(cache('inner', (r) => r.blpop('nothing', 0), options));
          if (kind === 'an abort') expect(inner.error).toBe(reason);
          else expect(inner.error).toBeInstanceOf(DeadlineExceededError);
          if (kind !== 'an abort') {
            expect(inner.error).toMatchObject({ commands: [{ name: 'blpop', status: 'in-doubt' }] });
          }
          await eventually(redis.clients, (clients) => clients.length === 0);
          await outer.get('key');
        }),
      );
      expect(error).toMatchObject({ message: 'Connection is closed.' });
      expect(signal?.aborted).toBe(true);
      const { destroyed } = cache.stats();
      expect(destroyed).toEqual({ [kind === 'an abort' ? 'aborted' : 'deadline']: 1 });
      expect(await cache(async (next) => next.ping())).toBe('PONG');
    },
  );

  it('opens another connection for the next inner scope after that', async () => {
    const cache = create();
    const value = await cache(async () => {
      await outcomeOf(cache((r) => r.blpop('nothing', 0), { deadlineMs: 50 }));
      return cache((r) => r.ping());
    });
    expect(value).toBe('PONG');
  });

  it('leaves the signal of an inner scope alone that has ended before', async () => {
    const cache = create();
    const signal = await cache(() => cache((_, scope) => scope.signal));
    expect(signal.aborted).toBe(false);
  });

  it('does not take a handler of a subscription for a part of the scope in which its connection was opened', async () => {
    const cache = create({ maxConnections: 3 });
    const heard = defer<number>();
    await cache(async (outer) => {
      const lease = await cache.acquire();
      await lease.redis.subscribe('news');
      lease.redis.on('message', () => cache(idOf).then(heard.resolve, heard.reject));
      await redis.observer.command('PUBLISH', 'news', 'hello');
      expect(await heard.promise).not.toBe(await idOf(outer));
      await lease.destroy();
    });
  });

  it('leaves nothing to a scope that outlives the one around it', async () => {
    const cache = create();
    let left: Promise<unknown> | undefined;
    let signal: AbortSignal | undefined;
    await cache(() => {
      left = cache(async (inner, scope) => {
        signal = scope.signal;
        await sleep(20);
        await inner.ping();
      });
    });
    expect(signal?.reason).toMatchObject({ message: expect.stringContaining('around this one is over') });
    const { error } = await outcomeOf(left as Promise<unknown>);
    expect(error).toBeInstanceOf(LeaseReleasedError);
    expect(cache.stats().borrowed).toBe(0);
  });

  it('signals the loss of the connection to both, and closes both by force', async () => {
    const cache = create();
    const signals: AbortSignal[] = [];
    const hold = () =>
      cache(async (_, outer) => {
        signals.push(outer.signal);
        await cache(async (inner, scope) => {
          signals.push(scope.signal);
          await inner.blpop('nothing', 0);
        });
      });
    const lost = outcomeOf(hold());
    const [client] = await eventually(redis.clients, ([first]) => first?.cmd === 'blpop');
    await redis.observer.command('CLIENT', 'KILL', 'ID', String(client?.id));
    expect((await lost).error).toMatchObject({ message: 'Connection is closed.' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    const forced = outcomeOf(hold());
    await eventually(redis.clients, ([first]) => first?.cmd === 'blpop');
    await cache.close({ deadlineMs: 10 });
    expect((await forced).error).toMatchObject({ code: 'ERR_WITH_REDIS_CLOSED' });
  });

  it('repeats an inner scope on the same connection', async () => {
    const cache = create();
    let attempts = 0;
    const value = await cache(() =>
      cache(
        async (inner) => {
          await inner.get('key');
          if (++attempts < 3) throw new Error('again');
          return attempts;
        },
        { retry: { attempts: 3, delayMs: 1 } },
      ),
    );
    expect(value).toBe(3);
    expect(cache.stats()).toMatchObject({ created: 1, retries: 2 });
  });

  it('does not repeat an inner scope that has written', async () => {
    const cache = create();
    let attempts = 0;
    const write = async (inner: ScopedRedis) => {
      attempts += 1;
      await inner.incr('written');
      throw new Error('after the write');
    };
    await outcomeOf(cache(() => cache(write, { retry: { attempts: 3, delayMs: 1 } })));
    expect(attempts).toBe(1);
  });

  it('does not repeat an outer scope whose inner one may have written', async () => {
    const cache = create();
    let attempts = 0;
    const { error } = await outcomeOf(
      cache(
        async () => {
          attempts += 1;
          await cache((inner) => inner.incr('written'));
          throw new Error('after the write');
        },
        { retry: { attempts: 3, delayMs: 1 } },
      ),
    );
    expect(error).toMatchObject({ message: 'after the write' });
    expect(attempts).toBe(1);
  });

  /** Its connection is lost before it writes. */
  const writesTooLate = (attempts: unknown[]) => async (r: ScopedRedis) => {
    attempts.push(undefined);
    if (attempts.length > 1) return r.set('late', 'at last');
    const id = await idOf(r);
    await make({ nested: 'allow' })((own) => own.client('KILL', 'ID', id));
    await sleep(20);
    return r.set('late', 'x');
  };

  it('repeats a scope whose only write was never sent', async () => {
    const attempts: unknown[] = [];
    const retry = { attempts: 2, delayMs: 1 };
    expect(await create()(writesTooLate(attempts), { retry })).toBe('OK');
    expect(attempts).toHaveLength(2);
  });

  it('says of an inner scope what was never sent', async () => {
    const cache = create();
    const { error } = await outcomeOf(cache(() => cache(writesTooLate([]))));
    expect(error).toMatchObject({
      commands: [
        { name: 'client', status: 'replied' },
        { name: 'set', status: 'not-sent' },
      ],
    });
  });

  it('tells the observer of each scope once', async () => {
    const events: string[] = [];
    const cache: WithRedis = create({
      observer: {
        onAcquire: ({ label }) => void events.push(`+${label}`),
        onRelease: ({ label, reason }) => void events.push(`-${label} ${reason}`),
      },
    });
    await cache('outer', () => cache('inner', (inner) => inner.ping()));
    const end = pool ? 'clean' : 'unpooled';
    expect(events).toEqual(['+outer', '+inner', '-inner nested', `-outer ${end}`]);
  });

  it('gives acquire() a connection of its own, for a lease may outlive the scope', async () => {
    const cache = create({ maxConnections: 2 });
    const lease = await cache(async (outer) => {
      const held = await cache.acquire();
      expect(await idOf(held.redis)).not.toBe(await idOf(outer));
      return { held };
    });
    await lease.held.release();
  });
});
