import { describe, expect, it } from 'vitest';
import { defer } from '../../src/core/outcome.js';
import {
  AcquireTimeoutError,
  ClosedError,
  ConnectError,
  DeadlineExceededError,
  LeaseReleasedError,
  type ScopedRedis,
  StatefulCommandError,
} from '../../src/index.js';
import { clientOf } from '../support/client-of.js';
import { inCluster } from '../support/cluster-backend.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';
import { startMuteServer } from '../support/mute-server.js';

const redis = useServer();

describe.each(
  SOURCES.flatMap((source) => [
    { ...source, isolation: 'shared' as const },
    { ...source, isolation: 'auto' as const },
  ]),
)('$isolation isolation, $source', ({ pool, isolation }) => {
  const create = useInstances(() => ({ url: redis.url, pool, isolation: isolation as 'shared' }));
  const kept = pool ? 1 : 0;

  it('runs any number of scopes at once over one connection, and gives it back', async () => {
    const withRedis = create({ maxConnections: 2 });
    let most = 0;
    const values = await Promise.all(
      Array.from({ length: 300 }, async () => {
        return withRedis((r) => {
          most = Math.max(most, withRedis.stats().size);
          return r.incr('shared');
        });
      }),
    );
    expect(new Set(values).size).toBe(300);
    expect(most).toBe(1);
    await eventually(
      () => redis.clients(),
      (clients) => clients.length === kept,
    );
    await eventually(
      () => withRedis.stats().borrowed,
      (borrowed) => borrowed === 0,
    );
  });

  it('what is called without an await in between is executed in that order, however long nothing was', async () => {
    const withRedis = create({ maxConnections: 2 });
    const { redis: client } = withRedis;
    // Nothing is open; the connection is shared; it has been given back a moment ago; it is idle; it has to be asked.
    for (const pauseMs of [0, 5, 15, 15, 15, 40, 1_100]) {
      await sleep(pauseMs);
      void client.rpush('order', 0);
      void withRedis((r) => r.rpush('order', 1));
      void client.pipeline().rpush('order', 2).exec();
      void client.rpush('order', 3, () => {});
      void withRedis((r) => r.rpush('order', 4), { retry: { attempts: 2 } });
      expect(await client.rpush('order', 5)).toBe(6);
      expect(await client.lrange('order', 0, -1)).toEqual(['0', '1', '2', '3', '4', '5']);
      await client.del('order');
    }
    // And by one connection, where it is kept: in a cluster others may have been asked for the map.
    if (pool && !inCluster) expect(withRedis.stats()).toMatchObject({ created: 1, destroyed: {} });
  });

  it('each scope gets its own replies, errors and results', async () => {
    const withRedis = create();
    const failure = new Error('mine');
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        outcomeOf(
          withRedis(async (r) => {
            if (i % 3 === 0) throw failure;
            if (i % 3 === 1) return r.call('NO-SUCH-COMMAND.X');
            return r.echo(`echo ${i}`);
          }),
        ),
      ),
    );
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 3 === 0) expect(outcome.error).toBe(failure);
      else if (i % 3 === 1) expect(outcome.error).toMatchObject({ name: 'ReplyError' });
      else expect(outcome.value).toBe(`echo ${i}`);
    }
  });

  it('sends MULTI … EXEC as one block, and binary values unharmed', async () => {
    const withRedis = create();
    const binary = Buffer.from([0, 255, 13, 10, 128]);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        withRedis(async (r) => {
          const replies = await r.multi().set(`block ${i}`, i).get(`block ${i}`).exec();
          await Promise.all([r.set(`bin ${i}`, binary), r.set(`text ${i}`, 'ä€😀')]);
          return [replies?.[1]?.[1], await r.getBuffer(`bin ${i}`), await r.get(`text ${i}`)];
        }),
      ),
    );
    for (const [i, result] of results.entries()) expect(result).toEqual([String(i), binary, 'ä€😀']);
  });

  it('ends a scope at its deadline or abort at once, and hurts no other', async () => {
    const withRedis = create({ retry: { attempts: 1 } });
    await withRedis((r) => r.ping());
    const controller = new AbortController();
    const others = withRedis(async (r) => {
      for (let i = 0; i < 20; i++) {
        await r.echo(String(i));
        await sleep(5);
      }
      return 'unharmed';
    });
    let handle: ScopedRedis | undefined;
    const late = outcomeOf(
      withRedis(
        async (r) => {
          handle = r as unknown as ScopedRedis;
          await r.set('late', '1');
          await sleep(1_000);
        },
        { deadlineMs: 300 },
      ),
    );
    const aborted = outcomeOf(withRedis(() => sleep(1_000), { signal: controller.signal }));
    setTimeout(() => controller.abort('enough'), 20);
    expect(await aborted).toEqual({ error: 'enough' });
    expect((await late).error).toBeInstanceOf(DeadlineExceededError);
    expect((await late).error).toMatchObject({ commands: [{ name: 'set', status: 'replied' }] });
    await expect(handle?.get('late')).rejects.toBeInstanceOf(LeaseReleasedError);
    expect(await others).toBe('unharmed');
    // In a cluster one more: the map of it was asked for.
    expect(withRedis.stats().destroyed).toEqual(pool ? {} : { unpooled: inCluster ? 3 : 2 });
  });

  it('fails what is in flight when the connection is lost, signals it, and replaces it for the next', async () => {
    const withRedis = create();
    let signals = 0;
    let answered = 0;
    const both = Promise.all(
      [1, 2].map(() =>
        outcomeOf(
          withRedis(async (r, { signal }) => {
            signal.addEventListener('abort', () => {
              signals += 1;
            });
            await r.ping();
            answered += 1;
            await sleep(300);
            return r.ping();
          }),
        ),
      ),
    );
    await eventually(
      () => answered,
      (count) => count === 2,
    );
    await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    for (const { error } of await both) expect(error).toBeInstanceOf(Error);
    expect(signals).toBe(2);
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(withRedis.stats().destroyed).toMatchObject({ lost: 1 });
  });

  it('waits for a forgotten command within the release limit, and crashes nothing', async () => {
    const withRedis = create();
    let forgotten: Promise<unknown> | undefined;
    await withRedis((r) => {
      forgotten = r.incr('forgotten');
    });
    expect(await forgotten).toBeTypeOf('number');
  });

  it('reports a server that is down, that is mute, and a closed instance, each caller with its own label', async () => {
    const down = create({ url: 'redis://127.0.0.1:1' });
    const failures = await Promise.all(['a', 'b'].map((label) => outcomeOf(down(label, (r) => r.ping()))));
    expect(failures.map(({ error }) => error)).toMatchObject([{ label: 'a' }, { label: 'b' }]);
    for (const { error } of failures) expect(error).toBeInstanceOf(ConnectError);
    const mute = await startMuteServer();
    const waiting = create({ url: mute.url, acquireTimeoutMs: 60 });
    expect((await outcomeOf(waiting((r) => r.ping()))).error).toBeInstanceOf(AcquireTimeoutError);
    const controller = new AbortController();
    setTimeout(() => controller.abort('enough'), 10);
    expect(await outcomeOf(waiting((r) => r.ping(), { signal: controller.signal }))).toEqual({
      error: 'enough',
    });
    await waiting.close({ deadlineMs: 10 });
    await eventually(
      () => mute.open,
      (open) => open === 0,
    );
    await mute.close();
    expect((await outcomeOf(waiting((r) => r.ping()))).error).toBeInstanceOf(ClosedError);
  });

  it('close() by force tells each scope with its own label', async () => {
    const withRedis = create();
    const stuck = ['one', 'two'].map((label) =>
      outcomeOf(withRedis(label, (r) => r.ping().then(() => new Promise(() => {})))),
    );
    await eventually(redis.clients, (clients) => clients.length > 0);
    await withRedis.close({ deadlineMs: 30 });
    const errors = (await Promise.all(stuck)).map(({ error }) => error);
    expect(errors).toMatchObject(['one', 'two'].map((label) => ({ code: 'ERR_WITH_REDIS_CLOSED', label })));
  });

  it('refuses more than maxPending scopes that wait for the connection', async () => {
    const mute = await startMuteServer();
    const withRedis = create({ url: mute.url, maxPending: 2, acquireTimeoutMs: 60 });
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(() => outcomeOf(withRedis((r) => r.ping()))));
    const names = outcomes.map(({ error }) => (error as Error).name).sort();
    expect(names).toEqual([...Array(3).fill('AcquireTimeoutError'), ...Array(2).fill('QueueFullError')]);
    await withRedis.close({ deadlineMs: 10 });
    await mute.close();
  });

  it('close waits for scopes, then ends them by force, each by name', async () => {
    const withRedis = create();
    const quick = withRedis(async (r) => {
      await sleep(20);
      return r.ping();
    });
    const stuck = outcomeOf(withRedis('stuck', () => new Promise(() => {})));
    await eventually(
      () => withRedis.stats().shared?.scopes,
      (scopes) => scopes === 2,
    );
    const report = await withRedis.close({ deadlineMs: 80 });
    expect(await quick).toBe('PONG');
    expect(report.forced).toMatchObject([{ label: 'stuck' }]);
    expect((await stuck).error).toBeInstanceOf(ClosedError);
    expect(await redis.clients()).toEqual([]);
  });

  it('settles within deadline and release limit on a dead network', async () => {
    const proxy = await startFaultProxy(redis.server);
    const withRedis = create({ url: proxy.url, releaseTimeoutMs: 100 });
    await withRedis((r) => r.ping());
    proxy.mode = 'blackhole';
    const startedAt = performance.now();
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => outcomeOf(withRedis((r) => r.get('x'), { deadlineMs: 100 }))),
    );
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    for (const { error } of outcomes) expect(error).toBeInstanceOf(DeadlineExceededError);
    await withRedis.close({ deadlineMs: 50 });
    await proxy.close();
  });

  it('shows in stats that commands wait for replies', async () => {
    const proxy = await startFaultProxy(redis.server);
    const withRedis = create({ url: proxy.url });
    const slow = withRedis(async (r) => {
      await r.ping();
      proxy.mode = { delayMs: 80 };
      return r.ping();
    });
    const seen = await eventually(
      () => withRedis.stats().shared,
      (shared) => (shared?.waitingMs ?? 0) > 20,
    );
    expect(seen).toMatchObject({ scopes: 1, inFlight: 1 });
    await slow;
    await withRedis.close();
    await proxy.close();
  });
});

describe('shared isolation refuses what others would notice', () => {
  const create = useInstances(() => ({ url: redis.url, pool: true, isolation: 'shared' as const }));

  // biome-ignore lint/suspicious/noExplicitAny: what does not compile is what is tried
  const stateful: [string, (r: any) => unknown][] = [
    ['watch', (r) => r.watch('key')],
    ['WATCH by call', (r) => r.call('WATCH', 'key')],
    ['select', (r) => r.select(3)],
    ['subscribe', (r) => r.subscribe('channel')],
    ['psubscribe in capitals', (r) => r.call('PSUBSCRIBE', '*')],
    ['blpop', (r) => r.blpop('list', 0)],
    ['BLPOP by callBuffer', (r) => r.callBuffer('BLPOP', 'list', 0)],
    ['xread with BLOCK', (r) => r.xread('BLOCK', 0, 'STREAMS', 's', '$')],
    ['wait', (r) => r.wait(0, 0)],
    ['client setname', (r) => r.client('SETNAME', 'mine')],
    ['client reply', (r) => r.client('REPLY', 'OFF')],
    ['interactive multi', (r) => r.multi({ pipeline: false })],
    ['auth', (r) => r.auth('password')],
    ['an unknown command', (r) => r.call('NOSUCHCOMMAND')],
    ['watch in a pipeline', (r) => r.pipeline().get('a').watch('key').get('b').exec()],
    ['blpop in a pipeline', (r) => r.pipeline().get('a').blpop('list', 0).exec()],
    ['MULTI by call in a pipeline', (r) => r.pipeline().call('MULTI').set('open', '1').exec()],
    ['watch in a transaction', (r) => r.multi().watch('key').exec()],
  ];
  it.each(stateful)('%s', async (_, use) => {
    const withRedis = create();
    const other = withRedis(async (r) => {
      for (let i = 0; i < 5; i++) expect(await r.echo(String(i))).toBe(String(i));
      return r.call('CLIENT', 'INFO');
    });
    const { error } = await outcomeOf(withRedis((r) => use(r)));
    expect(error).toBeInstanceOf(StatefulCommandError);
    expect((error as Error).message).toContain('exclusive');
    expect(String(await other)).toMatch(/ db=0 sub=0 psub=0 ssub=0 multi=-1 /);
    expect(withRedis.stats().created).toBe(1);
  });

  it('lets XREAD through that does not block', async () => {
    expect(await create()((r) => r.xread('COUNT', 1, 'STREAMS', 'nothing', '0'))).toBeNull();
  });
});

describe('auto isolation moves a scope that needs a connection of its own', () => {
  const create = useInstances(() => ({ url: redis.url, pool: true, isolation: 'auto' as const }));

  it('on the first stateful command, in order, with what it began before', async () => {
    const withRedis = create();
    const replies = await withRedis(async (r) => {
      const before = r.set('order', 'first');
      const watched = r.watch('order');
      const after = r.get('order');
      const transaction = r.multi().set('order', 'second').get('order').exec();
      return [await before, await watched, await after, await transaction];
    });
    expect(replies).toEqual([
      'OK',
      'OK',
      'first',
      [
        [null, 'OK'],
        [null, 'second'],
      ],
    ]);
    // In a cluster the shared connection is given back first, and may be the one that is lent then.
    if (!inCluster) expect(withRedis.stats()).toMatchObject({ created: 2 });
  });

  // A cluster has no SELECT.
  it.skipIf(inCluster)(
    'keeps the others undisturbed: SELECT, BLPOP and SUBSCRIBE of one are not theirs',
    async () => {
      const withRedis = create();
      const heard: unknown[] = [];
      const selects = withRedis(async (r) => {
        await r.select(5);
        await r.set('elsewhere', '5');
        return r.client('INFO');
      });
      const blocks = withRedis((r) => r.blpop('auto-list', 0));
      const listens = withRedis(async (r) => {
        r.on('message', (_, message) => heard.push(message));
        await r.subscribe('auto-channel');
        await eventually(
          () => heard.length,
          (length) => length > 0,
        );
      });
      for (let i = 0; i < 20; i++) expect(await withRedis((r) => r.get('elsewhere'))).toBeNull();
      await redis.observer.command('RPUSH', 'auto-list', 'item');
      expect(await blocks).toEqual(['auto-list', 'item']);
      expect(String(await selects)).toContain(' db=5 ');
      await eventually(
        () => redis.observer.command('PUBLISH', 'auto-channel', 'hello'),
        (receivers) => Number(receivers) > 0,
      );
      await listens;
      expect(heard).toContain('hello');
      await eventually(
        () => withRedis.stats().borrowed,
        (borrowed) => borrowed <= 1,
      );
      expect(await withRedis((r) => r.get('elsewhere'))).toBeNull();
    },
  );

  it('moves a whole pipeline', async () => {
    const withRedis = create();
    const replies = await withRedis((r) => r.pipeline().set('p', '1').watch('p').get('p').exec());
    expect(replies).toEqual([
      [null, 'OK'],
      [null, 'OK'],
      [null, '1'],
    ]);
  });

  // In a cluster a scope leaves the shared connection before it gets its own, and so need not wait here.
  it.skipIf(inCluster)(
    'ends a scope that waits for its own connection, and what it had asked for',
    async () => {
      const withRedis = create({ maxConnections: 2, acquireTimeoutMs: 60 });
      const holder = await withRedis.acquire();
      let watch: Promise<unknown> | undefined;
      const { error } = await outcomeOf(
        withRedis((r) => {
          watch = r.watch('key');
          return watch;
        }),
      );
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      const controller = new AbortController();
      setTimeout(() => controller.abort('enough'), 20);
      expect(await outcomeOf(withRedis((r) => r.watch('key'), { signal: controller.signal }))).toEqual({
        error: 'enough',
      });
      await withRedis((r) => {
        watch = r.watch('forgotten');
      });
      await expect(watch).rejects.toBeInstanceOf(Error);
      await holder.release();
      expect(await withRedis((r) => r.watch('key'))).toBe('OK');
    },
  );

  it('refuses all that follows where it has to move and cannot: nothing is executed without its MULTI', async () => {
    const withRedis = create({ maxConnections: 2, acquireTimeoutMs: 60 });
    const key = 'follows';
    const errors = await withRedis(
      async (r) => {
        await r.del(key);
        const holder = await withRedis.acquire({ key });
        // Another scope keeps the shared connection from being given back.
        return await withRedis(
          async (mover) => {
            const multi = mover.multi({ pipeline: false }) as unknown as Promise<unknown>;
            const first = await outcomeOf(multi);
            await holder.release();
            const later: Promise<unknown>[] = [mover.set(key, 'alone'), mover.exec(), mover.get(key)];
            const outcomes = [first, ...(await Promise.all(later.map((reply) => outcomeOf(reply))))];
            expect(await r.get(key)).toBeNull();
            return outcomes.map(({ error }) => error);
          },
          { key, deadlineMs: 2_000 },
        );
      },
      { key },
    );
    expect(errors).toHaveLength(4);
    for (const error of errors) expect(error).toBeInstanceOf(AcquireTimeoutError);
  });

  it('a scope that ends while it is about to move takes no connection along', async () => {
    const proxy = await startFaultProxy(redis.server);
    const withRedis = create({ url: proxy.url, maxConnections: 2 });
    // Both are open, so that one is at hand the moment the scope could move.
    await Promise.all([1, 2].map(async () => (await withRedis.acquire()).release()));
    await withRedis((r) => r.ping());
    proxy.mode = { delayMs: 60 };
    const controller = new AbortController();
    const ended = outcomeOf(
      withRedis(
        (r) => {
          void r.get('slow');
          void r.watch('key');
          return new Promise(() => {});
        },
        { signal: controller.signal },
      ),
    );
    await sleep(10);
    controller.abort('enough');
    expect(await ended).toEqual({ error: 'enough' });
    proxy.mode = 'pass';
    await sleep(150);
    await eventually(
      () => withRedis.stats().borrowed,
      (borrowed) => borrowed === 0,
    );
    await withRedis.close();
    await proxy.close();
  });

  it('a moved scope that is aborted closes its own connection only', async () => {
    const withRedis = create();
    await withRedis((r) => r.ping());
    const controller = new AbortController();
    const blocked = outcomeOf(withRedis((r) => r.blpop('never', 0), { signal: controller.signal }));
    await eventually(redis.clients, (clients) => clients.some(({ cmd }) => cmd === 'blpop'));
    controller.abort('enough');
    expect((await blocked).error).toBe('enough');
    expect(withRedis.stats().destroyed).toEqual({ aborted: 1 });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
  });

  describe.each(SOURCES)('while the instance is closed, $source', ({ pool }) => {
    it('close() lets those finish that wait for it, and those that have yet to move', async () => {
      const withRedis = create({ pool, maxConnections: 2 });
      const { promise: closing, resolve: close } = defer<void>();
      const move = (key: string) => async (r: ScopedRedis) => {
        await r.watch(key);
        await closing;
        await r.get(key);
        return r.multi().del(key).set(key, 'moved').exec();
      };
      const stays = withRedis(async (r) => {
        await r.get('stays');
        await closing;
        return move('stays')(r);
      });
      const first = withRedis(move('first'));
      await eventually(withRedis.stats, ({ borrowed }) => borrowed === 2);
      const waits = withRedis(move('waits'));
      await eventually(withRedis.stats, ({ pending }) => pending === 1);
      const report = withRedis.close();
      close();
      for (const exec of await Promise.all([first, waits, stays])) expect(exec?.[1]).toEqual([null, 'OK']);
      expect(await report).toMatchObject({ drained: true, forced: [] });
      expect(await redis.clients()).toHaveLength(0);
    });

    it('close() by force ends one that waits for its own replies before it moves', async () => {
      const proxy = await startFaultProxy(redis.server);
      const withRedis = create({ url: proxy.url, pool });
      await withRedis((r) => r.ping());
      const { promise: sent, resolve: send } = defer<void>();
      const ended = outcomeOf(
        withRedis(async (r) => {
          await r.ping();
          proxy.mode = 'blackhole';
          void r.get('slow');
          void r.watch('key');
          send();
          return new Promise(() => {});
        }),
      );
      await sent;
      const { forced } = await withRedis.close({ deadlineMs: 20 });
      expect(forced).toHaveLength(1);
      expect((await ended).error).toBeInstanceOf(ClosedError);
      await sleep(20);
      expect(withRedis.stats()).toMatchObject({ pending: 0, connecting: 0, borrowed: 0, idle: 0 });
      await proxy.close();
    });

    // In a cluster a scope gives its shared connection back first, and one of its own is free then.
    it.skipIf(inCluster)('close() ends by force those that cannot move in time', async () => {
      const withRedis = create({ pool, maxConnections: 2 });
      const stuck = ['first', 'waits'].map((label) =>
        outcomeOf(withRedis(label, (r) => r.blpop('never', 0))),
      );
      await eventually(withRedis.stats, ({ pending }) => pending === 1);
      const { forced } = await withRedis.close({ deadlineMs: 30 });
      expect(forced.map(({ label }) => label).sort()).toEqual(['first', 'waits']);
      for (const { error } of await Promise.all(stuck)) expect(error).toBeInstanceOf(ClosedError);
      expect(await redis.clients()).toHaveLength(0);
    });
  });

  it('can be asked for by one call, and needs two connections', async () => {
    const withRedis = create({ isolation: 'exclusive' });
    expect(await withRedis((r) => r.watch('key'), { isolation: 'auto' })).toBe('OK');
    const single = create({ maxConnections: 2 });
    expect(await single((r) => r.get('x'), { isolation: 'shared' })).toBeNull();
    expect(() => create({ maxConnections: 1 })).toThrow(/maxConnections/);
  });
});

describe('a shared connection past maxLifetimeMs', () => {
  const create = useInstances(() => ({ url: redis.url, isolation: 'shared' }) as const);
  const old = { pool: { maxLifetimeMs: 30 }, acquireTimeoutMs: 1_000 };

  it('takes scopes in while nothing younger can be had, and is closed when the last has left', async () => {
    const cache = create({ ...old, maxConnections: 1 });
    await cache('around', async () => {
      await sleep(60);
      expect(await cache('inside', (r) => r.ping())).toBe('PONG');
    });
    expect(cache.stats()).toMatchObject({ created: 1, destroyed: { maxLifetime: 1 } });
  });

  it('takes nobody in where there may be another beside one that is left', async () => {
    const cache = create({ ...old, maxConnections: 3 });
    await cache('around', async () => {
      await sleep(60);
      await cache('inside', (r) => r.ping());
      expect(cache.stats().created).toBe(2);
    });
  });

  it.each([1, 2])('is replaced although one scope follows the other without a gap, of %i', async (max) => {
    const cache = create({ ...old, maxConnections: max });
    const until = performance.now() + 600;
    const caller = async (ms: number) => {
      while (performance.now() < until) {
        await cache(async (r) => {
          await sleep(ms);
          await r.ping();
        });
      }
    };
    await Promise.all([5, 7, 11, 13].map(caller));
    expect(cache.stats().destroyed.maxLifetime).toBeGreaterThan(4);
  });

  it('lets those in that a scope on it waits for', async () => {
    const cache = create({ ...old, maxConnections: 1 });
    const leaves = cache(() => sleep(60));
    await sleep(40);
    const stays = cache(async () => {
      await sleep(60);
      return cache('inside', (r) => r.ping());
    });
    await leaves;
    expect(await stays).toBe('PONG');
  });

  it('keeps nobody waiting for one that is lost by then', async () => {
    const cache = create({ ...old, maxConnections: 2, acquireTimeoutMs: 400 });
    const leaves = cache(() => sleep(60));
    await sleep(40);
    const lingers = cache(async (r) => {
      await sleep(60);
      clientOf(r).stream.destroy();
      await sleep(700);
    });
    await leaves;
    expect(await cache((r) => r.ping())).toBe('PONG');
    await lingers;
  });

  it('leaves the last one to a scope that moves', async () => {
    const cache = create({ ...old, maxConnections: 2, isolation: 'auto' });
    const moves = cache(async (r) => {
      await r.get('a');
      await sleep(100);
      return r.watch('a');
    });
    await sleep(60);
    const stays = cache(async (r) => {
      await r.get('b');
      await moves.catch(() => {});
    });
    expect(await moves).toBe('OK');
    await stays;
  });
});
