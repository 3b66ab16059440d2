import { Command, Redis } from 'ioredis';
import RedisMock from 'ioredis-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defer } from '../../src/core/outcome.js';
import {
  AcquireTimeoutError,
  ClosedError,
  ConnectError,
  type StandingRedis,
  StatefulCommandError,
} from '../../src/index.js';
import { eventually, itWithScript, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

type Scripted = StandingRedis & { twice(key: string): Promise<number> };

const WAYS = (['exclusive', 'shared', 'auto'] as const).flatMap((isolation) =>
  [false, true].map((pool) => ({ isolation, pool })),
);

describe.each(WAYS)('a standing client, $isolation, pool: $pool', ({ isolation, pool }) => {
  const create = useInstances(() => ({ url: redis.url, isolation: isolation as 'exclusive', pool }));

  it('answers as a client of ioredis does', async () => {
    const { redis: r } = create({ redis: { keyPrefix: '{p}:' } });
    expect(r.status).toBe('ready');
    expect(await r.set('{k}a', '1')).toBe('OK');
    expect(await r.getBuffer('{k}a')).toEqual(Buffer.from('1'));
    await r.hset('{k}h', { x: 1, y: Buffer.from([0xff]) });
    expect((await r.hgetallBuffer('{k}h')).y).toEqual(Buffer.from([0xff]));
    await r.hset('{k}h', 'y', '2');
    expect(await r.hgetall('{k}h')).toEqual({ x: '1', y: '2' });
    expect(await new Promise((resolve) => r.get('{k}a', (...told) => resolve(told)))).toEqual([null, '1']);
    expect(await r.call('get', '{k}a')).toBe('1');
    expect(await redis.observer.command('GET', '{p}:{k}a')).toBe('1');
    await r.del('{k}a', '{k}h');
  });

  it('says what cut a pipeline or transaction short, and hands on what had come of it', async () => {
    const { redis: r } = create({ deadlineMs: 60, releaseTimeoutMs: 40 });
    const cut = { name: 'DeadlineExceededError' };
    await r.del('{k}n');
    expect((await outcomeOf(r.pipeline().blpop('{k}none', 0).exec())).error).toMatchObject(cut);
    const replies = await r.pipeline().incr('{k}n').blpop('{k}none', 0).exec();
    expect(replies?.[0]).toEqual([null, 1]);
    await redis.observer.command('CLIENT', 'PAUSE', '300', 'WRITE');
    expect((await outcomeOf(r.multi().incr('{k}n').exec())).error).toMatchObject(cut);
    await sleep(300);
  });

  it('answers pipelines and transactions in one piece', async () => {
    const { redis: r } = create();
    await r.hset('{k}h', 'x', '1');
    await r.del('{k}n');
    const piped = r.pipeline().incr('{k}n').hgetall('{k}h').lpush('{k}n', 'x').get('{k}n');
    expect(piped.length).toBe(4);
    const replies = await piped.exec();
    expect(replies?.map(([, value]) => value)).toEqual([1, { x: '1' }, undefined, '1']);
    expect(replies?.[2]?.[0]).toMatchObject({ name: 'ReplyError' });
    expect(await r.multi().incr('{k}n').hgetall('{k}h').exec()).toEqual([
      [null, 2],
      [null, { x: '1' }],
    ]);
    expect(await r.multi([['incr', '{k}n']]).exec()).toEqual([[null, 3]]);
    const heard = await new Promise((resolve) =>
      r
        .multi()
        .get('{k}n')
        .exec((...told) => resolve(told)),
    );
    expect(heard).toEqual([null, [[null, '3']]]);
    expect(await r.pipeline().exec()).toEqual([]);
    const each: unknown[] = [];
    await r
      .pipeline()
      .get('{k}n', (_, value) => each.push(value))
      .exec();
    expect(each).toEqual(['3']);
  });

  it('says of a transaction that is refused what the server said', async () => {
    const { redis: r } = create();
    const { error } = await outcomeOf(r.multi().set('{k}n', '1').call('set', '{k}n').exec());
    expect(error).toMatchObject({ message: expect.stringMatching(/^EXECABORT/) });
    const previous = (error as { previousErrors: Error[] }).previousErrors;
    expect(previous[0]?.message).toMatch(/wrong number of arguments/);
  });

  it('keeps scripts, also where a server has forgotten them', async () => {
    const r = create().redis as Scripted;
    r.defineCommand('twice', { numberOfKeys: 1, lua: "return redis.call('incrby', KEYS[1], 2)" });
    await r.del('{k}n');
    expect([await r.twice('{k}n'), await r.twice('{k}n')]).toEqual([2, 4]);
    await redis.observer.command('SCRIPT', 'FLUSH');
    expect(await r.twice('{k}n')).toBe(6);
    const piped = r.pipeline() as unknown as { twice(key: string): unknown; exec(): Promise<unknown> };
    void piped.twice('{k}n');
    expect(await piped.exec()).toEqual([[null, 8]]);
  });

  it('scans page by page', async () => {
    const { redis: r } = create();
    await redis.observer.command('FLUSHALL');
    await r.hset(
      '{k}big',
      Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`f${i}`, 'x'.repeat(70)])),
    );
    let fields = 0;
    for await (const page of r.hscanStream('{k}big', { count: 50 })) fields += page.length / 2;
    expect(fields).toBe(700);
  });

  it('gives blocking commands a connection of their own, and others go on meanwhile', async () => {
    const withRedis = create();
    const { redis: r } = withRedis;
    const blocked = r.blpop('{k}list', 5);
    await eventually(
      () => redis.clients(),
      (clients) => clients.some(({ cmd }) => cmd === 'blpop'),
    );
    expect(await r.ping()).toBe('PONG');
    await r.rpush('{k}list', 'v');
    expect(await blocked).toEqual(['{k}list', 'v']);
    expect(await r.xread('BLOCK', 10, 'STREAMS', '{k}none', '$')).toBeNull();
  });

  it.each<[string, (r: StandingRedis) => unknown]>([
    ['watch', (r) => (r as never as Redis).watch('{k}x')],
    ['select', (r) => (r as never as Redis).select(1)],
    ['SELECT in capitals', (r) => r.call('SELECT', '1')],
    ['subscribe', (r) => (r as never as Redis).subscribe('news')],
    ['a MULTI kept open', (r) => r.multi({ pipeline: false })],
    ['EXEC alone', (r) => (r as never as Redis).exec()],
    ['CLIENT REPLY', (r) => r.call('CLIENT', 'REPLY', 'OFF')],
    ['CLIENT SETNAME', (r) => r.client('SETNAME', 'me')],
    ['select in a pipeline', (r) => r.pipeline().select(1).get('{k}x').exec()],
    ['a pipeline that leaves a MULTI open', (r) => r.pipeline().call('MULTI').get('{k}x').exec()],
    ['monitor', (r) => (r as never as Redis).monitor()],
    ['quit', (r) => (r as never as Redis).quit()],
    ['connect', (r) => (r as never as Redis).connect()],
    ['duplicate', (r) => (r as never as Redis).duplicate()],
    ['disconnect', (r) => (r as never as Redis).disconnect()],
  ])('refuses %s, and sends nothing', async (_, ask) => {
    const withRedis = create();
    const { error } = await outcomeOf((async () => ask(withRedis.redis))());
    expect(error).toBeInstanceOf(StatefulCommandError);
    expect((error as Error).message).toMatch(/standing client/);
    expect(withRedis.stats().acquired).toBe(0);
    expect(await withRedis.redis.ping()).toBe('PONG');
  });

  it('refuses arguments that cannot be written', async () => {
    const { redis: r } = create();
    const unwritable = Object.create(null);
    await expect(r.set('{k}x', unwritable)).rejects.toThrow(TypeError);
    await expect(r.pipeline().get('{k}x').set('{k}x', unwritable).exec()).rejects.toThrow(TypeError);
    expect(await r.ping()).toBe('PONG');
  });

  it('is one object, which connects late and ends with the instance', async () => {
    const withRedis = create();
    const { redis: r } = withRedis;
    expect(withRedis.redis).toBe(r);
    expect(withRedis.stats()).toMatchObject({ created: 0 });
    r.on('error', () => {});
    await r.ping();
    const closing = withRedis.close();
    expect(r.status).toBe('end');
    for (const ask of [() => r.ping(), () => r.pipeline().ping().exec(), () => r.multi().ping().exec()]) {
      expect((await outcomeOf(ask())).error).toBeInstanceOf(ClosedError);
    }
    const told = await new Promise((resolve) =>
      r
        .pipeline()
        .ping()
        .exec((error) => resolve(error)),
    );
    expect(told).toBeInstanceOf(ClosedError);
    await closing;
    expect(await redis.clients()).toEqual([]);
  });
});

describe.each(['exclusive', 'shared', 'auto'] as const)(
  'a standing client, %s, where things fail',
  (isolation) => {
    const create = useInstances(() => ({ url: redis.url, isolation: isolation as 'exclusive', pool: true }));

    it('rejects with the reason of the dial, callbacks too', async () => {
      const { redis: r } = create({ url: 'redis://127.0.0.1:1' });
      expect((await outcomeOf(r.get('{k}x'))).error).toBeInstanceOf(ConnectError);
      expect((await outcomeOf(r.multi().get('{k}x').exec())).error).toBeInstanceOf(ConnectError);
      expect(await new Promise((resolve) => r.get('{k}x', resolve))).toBeInstanceOf(ConnectError);
      const made = new Command('get', ['{k}x']);
      void r.sendCommand(made);
      expect((await outcomeOf(made.promise)).error).toBeInstanceOf(ConnectError);
      // Nobody looks at these.
      void r.get('{k}x');
      void r.pipeline().get('{k}x').exec();
      await sleep(20);
    });

    it('has the limits of the instance', async () => {
      const withRedis = create({ maxConnections: 2, acquireTimeoutMs: 400 });
      const leases = await Promise.all([withRedis.acquire(), withRedis.acquire()]);
      const { error } = await outcomeOf(withRedis.redis.get('{k}x'));
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      for (const lease of leases) await lease.release();
      expect(await withRedis.redis.ping()).toBe('PONG');
    });

    it('tells of a connection that is held for too long where its command was made', async () => {
      const stacks: (string | undefined)[] = [];
      const { redis: r } = create({
        leakThresholdMs: 20,
        observer: { onLeak: ({ kind, stack }) => kind === 'held' && stacks.push(stack) },
      });
      const BUSY = 'for _ = 1, 30000000 do end';
      async function theSlowCaller() {
        await r.eval(BUSY, 1, '{k}x');
        await r.blpop('{k}none', 0.2);
        await r.pipeline().eval(BUSY, 1, '{k}x').exec();
        await r.multi().eval(BUSY, 1, '{k}x').exec();
      }
      await theSlowCaller();
      expect(stacks).toHaveLength(4);
      for (const stack of stacks) expect(stack).toContain('theSlowCaller');
    });

    itWithScript('repeats what the server refused, if the instance says so', async () => {
      const { redis: r } = create({ retry: { attempts: 40, delayMs: 5 } });
      await redis.observer.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
      const restored = sleep(60).then(() =>
        redis.observer.command('CONFIG', 'SET', 'min-replicas-to-write', '0'),
      );
      const replies = await Promise.all([
        r.set('{k}x', '1'),
        r.pipeline().incr('{k}x').exec(),
        r.multi().incr('{k}x').exec(),
      ]);
      await restored;
      expect(replies).toHaveLength(3);
      expect(await r.get('{k}x')).toMatch(/^[123]$/);
    });
  },
);

describe('a standing client of a factory', () => {
  const create = useInstances();

  it('has the prefix of the clients that it makes', async () => {
    const connect = () => new Redis(redis.url, { keyPrefix: 'made:', lazyConnect: true });
    const { redis: r } = create({ connect, pool: true });
    await r.set('x', '1');
    await r.pipeline().incr('x').exec();
    await r.multi().incr('x').exec();
    expect(await redis.observer.command('GET', 'made:x')).toBe('3');
  });

  it('puts the prefix of a client of ioredis-mock before keys once', async () => {
    const own = new RedisMock();
    const { redis: r } = create({ connect: () => new RedisMock({ keyPrefix: 'mocked:' }) });
    await r.set('prefixed', '1');
    await r.multi().incr('prefixed').exec();
    expect(await own.get('mocked:prefixed')).toBe('2');
    own.disconnect();
  });

  it.each(['exclusive', 'shared', 'auto'] as const)('works on ioredis-mock, %s', async (isolation) => {
    const { redis: r } = create({
      connect: () => new RedisMock(),
      pool: true,
      isolation: isolation as 'exclusive',
    });
    await r.set('mock', '1');
    expect(await r.pipeline().incr('mock').get('mock').exec()).toEqual([
      [null, 2],
      [null, '2'],
    ]);
    expect(await r.multi().incr('mock').get('mock').exec()).toEqual([
      [null, 3],
      [null, '3'],
    ]);
    await r.hset('mock:h', { a: '1' });
    expect(await r.hgetall('mock:h')).toEqual({ a: '1' });
    expect((await outcomeOf(r.lpush('mock', 'x'))).error).toBeInstanceOf(Error);
  });
});

describe('a standing client of a pool', () => {
  const create = useInstances(() => ({ url: redis.url, pool: true, maxConnections: 2 }));

  it('keeps scripts that each connection believes to be known', async () => {
    const cache = create();
    const r = cache.redis as Scripted;
    const hold = () => {
      const [begun, end] = [defer<void>(), defer<void>()];
      const over = cache(() => {
        begun.resolve();
        return end.promise;
      });
      return { begun: begun.promise, end: end.resolve, over };
    };
    r.defineCommand('twice', { numberOfKeys: 1, lua: "return redis.call('incrby', KEYS[1], 2)" });
    await r.del('{k}n');
    await Promise.all([r.twice('{k}n'), r.twice('{k}n')]);
    const piped = () => {
      const pipeline = r.pipeline() as unknown as { twice(key: string): unknown; exec(): Promise<unknown> };
      void pipeline.twice('{k}n');
      return pipeline.exec();
    };
    for (const [call, reply] of [
      [() => r.twice('{k}n'), 6],
      [piped, [[null, 8]]],
    ] as const) {
      await redis.observer.command('SCRIPT', 'FLUSH');
      const one = hold();
      const called = call();
      // Gets the connection that the call had; the other one comes free after that.
      const other = hold();
      await other.begun;
      one.end();
      expect(await called).toEqual(reply);
      other.end();
      await Promise.all([one.over, other.over]);
    }
  });
});

describe('a standing client before REDIS_URL was set', () => {
  const create = useInstances(() => ({ pool: true }));
  beforeEach(() => void vi.stubEnv('REDIS_URL', undefined));
  afterEach(() => void vi.unstubAllEnvs());

  it('that was taken has the prefix that scopes have', async () => {
    const cache = create();
    const standing = cache.redis;
    vi.stubEnv('REDIS_URL', `${redis.url}/0?keyPrefix=late:`);
    await cache((r) => r.set('k', 'by a scope'));
    expect(await standing.get('k')).toBe('by a scope');
    expect(await redis.observer.command('GET', 'late:k')).toBe('by a scope');
  });

  it('that was used has the prefix that scopes have from then on', async () => {
    const cache = create();
    await expect(cache.redis.get('k')).rejects.toThrow('REDIS_URL is not set');
    vi.stubEnv('REDIS_URL', `${redis.url}/0?keyPrefix=later:`);
    await cache.redis.set('k', 'by the client');
    expect(await redis.observer.command('GET', 'later:k')).toBe('by the client');
  });
});

describe('arguments that a user transforms', () => {
  const create = useInstances(() => ({ url: redis.url, pool: true }));

  it('are transformed once, however a standing client sends them', async () => {
    Command.setArgumentTransformer('incrby', ([key, by]) => [key, Number(by) * 100] as never);
    try {
      const [once, again] = [create(), create({ retry: 3 })];
      await once.redis.incrby('{t}command', 1);
      await once.redis.pipeline().incrby('{t}pipeline', 1).exec();
      await once.redis.multi().incrby('{t}multi', 1).exec();
      await new Promise<void>((resolve) => once.redis.incrby('{t}callback', 1, () => resolve()));
      await again.redis.incrby('{t}retry', 1);
      const keys = ['command', 'pipeline', 'multi', 'callback', 'retry'].map((name) => `{t}${name}`);
      expect(await once.redis.mget(keys)).toEqual(keys.map(() => '100'));
    } finally {
      Command.setArgumentTransformer('incrby', (args) => args as never);
    }
  });
});
