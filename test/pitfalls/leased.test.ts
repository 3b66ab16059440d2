import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeadlineExceededError, LeaseReleasedError, type ScopedRedis } from '../../src/index.js';
import { clientOf } from '../support/client-of.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

describe.each(SOURCES)('C. while a connection is lent, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool }));
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  afterAll(() => proxy.close());
  const get = (key: string) => redis.observer.command('GET', key);

  it('25. what a function does after its deadline cannot reach the next borrower', async () => {
    const withRedis = create({ maxConnections: 1 });
    let zombie: Promise<unknown> | undefined;
    await withRedis((r) => r.ping());
    await outcomeOf(
      withRedis(
        (r) => {
          zombie = outcomeOf(sleep(120).then(() => r.select(7)));
          return zombie;
        },
        { deadlineMs: 80 },
      ),
    );
    await withRedis(async (r) => {
      await sleep(60);
      await r.set('victim', 'db0');
    });
    expect(await get('victim')).toBe('db0');
    expect(await zombie).toMatchObject({
      error: { code: 'ERR_WITH_REDIS_LEASE_RELEASED', command: 'select' },
    });
  });

  it('26. nothing of a handle kept beyond its scope reaches the wire', async () => {
    const withRedis = create({ url: proxy.url });
    const kept: { redis?: ScopedRedis; uses: (() => unknown)[] } = { uses: [] };
    await withRedis((r) => {
      kept.redis = r;
      const pipeline = r.pipeline().set('escaped', '1');
      const transaction = r.multi().set('escaped', '1');
      const iterator = r.scanStream()[Symbol.asyncIterator]();
      kept.uses.push(
        () => r.set('escaped', '1'),
        () => pipeline.exec(),
        () => transaction.exec(),
        r.set.bind(r, 'escaped', '1'),
        () => iterator.next(),
        () => r.pipeline([['set', 'escaped', '1']]).exec(),
        () => r.callBuffer('SET', 'escaped', '1'),
      );
    });
    const sent = proxy.bytesFromClients;
    for (const use of kept.uses) await expect(use()).rejects.toBeInstanceOf(LeaseReleasedError);
    expect(() => (kept.redis as unknown as { duplicate(): void }).duplicate()).toThrow(LeaseReleasedError);
    expect(kept.redis?.stream).toBeUndefined();
    await sleep(20);
    expect(proxy.bytesFromClients).toBe(sent);
  });

  it('27. an abandoned blocking command takes nothing with it', async () => {
    const withRedis = create();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await outcomeOf(withRedis((r) => r.blpop('jobs', 0), { signal: controller.signal }));
    await redis.observer.command('RPUSH', 'jobs', 'job');
    expect(await redis.observer.command('LLEN', 'jobs')).toBe(1);
    expect((await redis.observer.info('clients')).blocked_clients).toBe('0');
    await redis.observer.command('DEL', 'jobs');
  });

  it.each([['commandTimeout'], ['blockingTimeout']])(
    '28. a %s on the client side poisons the connection: it is closed, and takes nothing',
    async (option) => {
      const withRedis = create({ redis: { [option]: 40 }, releaseTimeoutMs: 200 });
      await outcomeOf(withRedis((r) => r.blpop('timed', 0)));
      await redis.observer.command('RPUSH', 'timed', 'job');
      expect(await redis.observer.command('LLEN', 'timed')).toBe(1);
      await redis.observer.command('DEL', 'timed');
      expect(withRedis.stats().destroyed).toMatchObject({ inFlight: 1 });
    },
  );

  it('29. a call that gave up while the server was away leaves nothing to run later', async () => {
    proxy.stopListening();
    const withRedis = create({ url: proxy.url });
    await outcomeOf(withRedis((r) => r.set('later', '1'), { deadlineMs: 100 }));
    await proxy.listenAgain();
    await sleep(200);
    expect(await get('later')).toBeNull();
  });

  it('30. a write in doubt is not repeated by the default retry', async () => {
    const withRedis = create({ url: proxy.url, retry: { attempts: 3, delayMs: 5 } });
    await redis.observer.command('DEL', 'counter');
    const { error } = await outcomeOf(
      withRedis(async (r, { attempt }) => {
        if (attempt === 1) {
          await r.ping();
          proxy.mode = 'drop-replies';
          setTimeout(() => {
            proxy.mode = 'pass';
            proxy.reset();
          }, 30);
        }
        return r.incr('counter');
      }),
    );
    expect(await get('counter')).toBe('1');
    expect(error).toMatchObject({
      commands: [
        { name: 'ping', status: 'replied' },
        { name: 'incr', status: 'in-doubt' },
      ],
    });
  });

  it('31. CLIENT REPLY leaves no reply to the next borrower', async () => {
    for (const mode of ['SKIP', 'OFF']) {
      const withRedis = create({ maxConnections: 1, releaseTimeoutMs: 100 });
      await withRedis((r) => {
        void r.client('REPLY', mode as 'SKIP');
        void r.get('one');
      });
      await redis.observer.command('MSET', 'one', '1', 'two', '2');
      expect(await withRedis((r) => Promise.all([r.get('one'), r.get('two')]))).toEqual(['1', '2']);
    }
  });

  it('32. forgotten commands crash nothing and answer nobody else', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    const withRedis = create({ maxConnections: 1, releaseTimeoutMs: 50 });
    await redis.observer.command('SET', 'mine', 'mine');
    await withRedis((r) => {
      void r.set('a', '1');
      void r.call('no-such-command');
    });
    expect(await withRedis((r) => r.get('mine'))).toBe('mine');
    await withRedis(async (r) => {
      // Forgotten and refused, while the scope goes on with others.
      void r.call('NO.SUCH');
      await r.ping();
      await r.ping();
    });
    await withRedis((r) => {
      void r.blpop('never', 0);
    });
    expect(await withRedis((r) => r.get('mine'))).toBe('mine');
    let late: Promise<unknown> | undefined;
    await withRedis((r) => {
      setTimeout(() => {
        late = outcomeOf(r.set('late', '1'));
      }, 5);
    });
    await withRedis(() => sleep(20));
    expect(await late).toMatchObject({ error: { code: 'ERR_WITH_REDIS_LEASE_RELEASED' } });
    expect(await get('late')).toBeNull();
    await sleep(5);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  it('33. a signal that outlives a thousand calls keeps no listener', async () => {
    const withRedis = create();
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i++) {
      await Promise.all(
        Array.from({ length: 10 }, () => outcomeOf(withRedis(() => Promise.reject(1), { signal }))),
      );
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('34. listeners of a borrower go with it', async () => {
    const withRedis = create({ maxConnections: 1 });
    const heard: string[] = [];
    let baseline: Record<string, number> | undefined;
    for (let i = 0; i < 50; i++) {
      await withRedis(async (r) => {
        r.on('message', () => heard.push('message'));
        r.once('error', () => heard.push('error'));
        r.addListener('close', () => heard.push('close'));
        const client = clientOf(r);
        const counts = Object.fromEntries(
          ['message', 'error', 'close'].map((e) => [e, client.listenerCount(e)]),
        );
        baseline ??= counts;
        expect(counts).toEqual(baseline);
        expect(r.listenerCount('message')).toBe(1);
        r.removeAllListeners();
      });
    }
    await withRedis.close();
    await sleep(5);
    expect(heard).toEqual([]);
  });
});

describe.each(SOURCES)('E. reconnecting inside a lease, $source', ({ pool }) => {
  const create = useInstances(() => ({ pool }));
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  afterAll(() => proxy.close());
  const command = (...args: (string | number)[]) => redis.observer.command(...args);

  it('43. a write whose reply was lost is not sent again', async () => {
    await command('DEL', 'once');
    const withRedis = create({ url: proxy.url });
    const { error } = await outcomeOf(
      withRedis(async (r) => {
        await r.ping();
        proxy.mode = 'drop-replies';
        const reply = r.incr('once');
        await sleep(20);
        proxy.mode = 'pass';
        proxy.reset();
        return reply;
      }),
    );
    expect(error).toBeInstanceOf(Error);
    await sleep(50);
    expect(await command('GET', 'once')).toBe('1');
  });

  it('44. a command in flight when the connection is lost is rejected at once', async () => {
    const withRedis = create({ url: proxy.url });
    let rejectedAfterMs = Number.POSITIVE_INFINITY;
    await outcomeOf(
      withRedis(async (r) => {
        await r.ping();
        const blocked = outcomeOf(r.blpop('never', 0));
        await sleep(10);
        const startedAt = performance.now();
        proxy.reset();
        await blocked;
        rejectedAfterMs = performance.now() - startedAt;
      }),
    );
    expect(rejectedAfterMs).toBeLessThan(1_500);
  });

  it('45. a connection lost between WATCH and EXEC commits nothing', async () => {
    await command('SET', 'balance', '100');
    const withRedis = create({ url: proxy.url });
    const { error } = await outcomeOf(
      withRedis(async (r) => {
        await r.watch('balance');
        await command('SET', 'balance', '5');
        proxy.reset();
        await sleep(10);
        return r.multi().set('balance', '90').exec();
      }),
    );
    expect(error).toBeInstanceOf(Error);
    expect(await command('GET', 'balance')).toBe('5');
  });

  it('45. one lost inside an interactive MULTI writes nothing, before or after', async () => {
    const withRedis = create({ url: proxy.url });
    const { error } = await outcomeOf(
      withRedis(async (r) => {
        await r.multi({ pipeline: false });
        await r.set('m1', '1');
        proxy.reset();
        await outcomeOf(r.set('m2', '1'));
        await sleep(10);
        return r.exec();
      }),
    );
    expect(error).toBeInstanceOf(Error);
    expect(await command('EXISTS', 'm1', 'm2')).toBe(0);
  });

  it('45. one lost after SELECT by call() does not go on in database 0', async () => {
    const withRedis = create({ url: proxy.url });
    await outcomeOf(
      withRedis(async (r) => {
        await r.call('SELECT', 5);
        proxy.reset();
        await sleep(10);
        return r.set('displaced', '1');
      }),
    );
    expect(await command('EXISTS', 'displaced')).toBe(0);
  });

  it('46. an idle connection closed by the server is let go, not reopened', async () => {
    if (!pool) return;
    const withRedis = create({ url: redis.url });
    await command('CONFIG', 'SET', 'timeout', '1');
    await Promise.all([1, 2].map(() => withRedis((r) => r.ping())));
    const before = (await redis.observer.info('stats')).total_connections_received;
    // Asking keeps the observer from idling, too.
    await eventually(
      () => redis.clients(),
      (clients) => clients.length === 0,
      4_000,
    );
    await eventually(
      () => withRedis.stats().idle,
      (idle) => idle === 0,
    );
    expect((await redis.observer.info('stats')).total_connections_received).toBe(before);
    await command('CONFIG', 'SET', 'timeout', '0');
  });

  it('a deadline while the server is stopped ends in time', async () => {
    const withRedis = create({ url: redis.url, releaseTimeoutMs: 200 });
    await withRedis((r) => r.ping());
    redis.server.pause();
    const startedAt = performance.now();
    const { error } = await outcomeOf(withRedis((r) => r.get('x'), { deadlineMs: 100 }));
    redis.server.resume();
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await eventually(
      () => redis.clients(),
      (clients) => clients.length <= (pool ? 1 : 0),
    );
  });
});
