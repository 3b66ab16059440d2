import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError, ConnectError, StatefulCommandError } from '../../../src/index.js';
import { findFreePort } from '../../support/free-port.js';
import { eventually, outcomeOf, useInstances } from '../../support/harness.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ replicas: false });
});
afterAll(() => cluster.stop());

/** Keys of three slots, each at a node of its own: 15495, 3300 and 7365. */
const [A, B, C] = ['a', 'b', 'c'];
const slotOfA = 15_495;

const create = useInstances(() => ({ cluster: { nodes: cluster.seeds.slice(0, 1) }, maxConnections: 4 }));

const masters = () =>
  Promise.all([A, B, C].map(async (key) => cluster.masterOf(await slotOf(key as string))));
const slotOf = async (key: string) =>
  Number(await cluster.nodes[0]!.observer.command('CLUSTER', 'KEYSLOT', key));
const otherThan = (node: ClusterNode) => cluster.nodes.find((other) => other !== node)!;

async function expectNobody(): Promise<void> {
  await eventually(
    async () => (await cluster.clients()).flat().map(({ name }) => name),
    (names) => names.length === 0,
  );
}

describe.each([
  { source: 'fresh', pool: false },
  { source: 'pooled', pool: true },
])('a cluster, $source', ({ pool }) => {
  it('the keys of these tests are on three nodes', async () => {
    expect(new Set((await masters()).map(({ id }) => id)).size).toBe(3);
    expect(await slotOf(A as string)).toBe(slotOfA);
  });

  it('lends a connection to the node that owns the key, or the slot', async () => {
    const withRedis = create({ pool });
    for (const key of ['a', 'b', 'c']) {
      const { id } = await cluster.masterOf(await slotOf(key));
      expect(await withRedis((r) => r.cluster('MYID'), { key })).toBe(id);
      expect(await withRedis((r) => r.cluster('MYID'), { key: Buffer.from(key) })).toBe(id);
      expect(await withRedis((r) => r.cluster('MYID'), { key: { slot: await slotOf(key) } })).toBe(id);
    }
    await using lease = await withRedis.acquire({ key: 'b' });
    expect(await lease.redis.cluster('MYID')).toBe((await cluster.masterOf(await slotOf('b'))).id);
  });

  it('the first calls are as many as may have a connection, and nobody else waits for the map', async () => {
    const withRedis = create({ pool, maxPending: 0 });
    const calls = Array.from({ length: 6 }, () => outcomeOf(withRedis((r) => r.get('b'), { key: 'b' })));
    const errors = (await Promise.all(calls)).map(({ error }) => (error as Error | undefined)?.name);
    expect(errors).toEqual([...Array(4).fill(undefined), 'QueueFullError', 'QueueFullError']);
  });

  it('a transaction that subscribes leaves the connection that scopes share', async () => {
    const withRedis = create({ pool, isolation: 'auto' });
    await outcomeOf(withRedis((r) => r.multi().ssubscribe('{a}news').exec()));
    expect(await withRedis((r) => r.set('a', '1'))).toBe('OK');
    expect(await withRedis((r) => r.get('a'))).toBe('1');
  });

  it('a listener that comes while a scope moves hears nothing of the connection that it leaves', async () => {
    const withRedis = create({ pool, isolation: 'auto' });
    const heard = await withRedis(async (r) => {
      const events: string[] = [];
      const popped = r.blpop('{a}none', 0.1);
      r.once('close', () => events.push('close'));
      await popped;
      return events;
    });
    expect(heard).toEqual([]);
  });

  it('says that an exclusive scope needs a key', async () => {
    const withRedis = create({ pool });
    for (const attempt of [withRedis((r) => r.ping()), withRedis.acquire()]) {
      const { error } = await outcomeOf(attempt);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as Error).message).toContain('key');
    }
  });

  it('keeps a WATCH and what follows it on one connection', async () => {
    const withRedis = create({ pool });
    const replies = await withRedis(
      async (r) => {
        await r.set('a', 1);
        await r.watch('a');
        await r.get('a');
        return r.multi().incr('a').get('a').exec();
      },
      { key: 'a' },
    );
    expect(replies).toEqual([
      [null, 2],
      [null, '2'],
    ]);
  });

  it('shares one connection to each node, and closes them with the instance', async () => {
    const withRedis = create({ pool, isolation: 'shared' });
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    let most = 0;
    await Promise.all(
      keys.map((key) =>
        withRedis(async (r) => {
          await r.set(key, key);
          most = Math.max(most, ...(await cluster.clients()).map(({ length }) => length));
          expect(await r.get(key)).toBe(key);
        }),
      ),
    );
    expect(most).toBe(1);
    await withRedis.close();
    await expectNobody();
  });

  it('takes the commands of one pipeline to all nodes, and a transaction to its own', async () => {
    const withRedis = create({ pool, isolation: 'shared' });
    const replies = await withRedis(async (r) => {
      await r.pipeline().set('a', 1).set('b', 2).set('c', 3).exec();
      const read = await r.pipeline().get('c').get('a').get('b').ping().exec();
      return [read, await r.multi().incr('b').get('b').exec()];
    });
    expect(replies).toEqual([
      [
        [null, '3'],
        [null, '1'],
        [null, '2'],
        [null, 'PONG'],
      ],
      [
        [null, 3],
        [null, '3'],
      ],
    ]);
  });

  it('keeps the order of what is about one key, awaited or not', async () => {
    const withRedis = create({ pool, isolation: 'shared' });
    const appended = await withRedis(async (r) => {
      await r.del('order', 'a');
      for (let i = 0; i < 50; i++) {
        void r.append('order', String.fromCharCode(65 + (i % 26)));
        void r.incr('a');
      }
      return r.get('order');
    }).catch((error: unknown) => error);
    expect(String(appended)).toContain('CROSSSLOT');
    const order = await withRedis(async (r) => {
      await r.del('order');
      for (let i = 0; i < 50; i++) {
        void r.append('order', String.fromCharCode(65 + (i % 26)));
        void r.incr('a');
      }
      return r.get('order');
    });
    expect(order).toBe(Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + (i % 26))).join(''));
  });

  it('refuses stateful commands where connections are shared, and lets CROSSSLOT through by identity', async () => {
    const withRedis = create({ pool, isolation: 'shared' });
    const seen: unknown[] = [];
    const { error } = await outcomeOf(
      withRedis(async (r) => {
        seen.push(await r.mget('a', 'b').catch((e: unknown) => e));
        const free = r as unknown as {
          watch(key: string): Promise<unknown>;
          call(name: string): Promise<unknown>;
        };
        seen.push(await free.watch('a').catch((e: unknown) => e));
        seen.push(await free.call('MULTI').catch((e: unknown) => e));
        throw seen[0];
      }),
    );
    expect(error).toBe(seen[0]);
    expect((error as Error).message).toContain('CROSSSLOT');
    expect(seen.slice(1)).toEqual([expect.any(StatefulCommandError), expect.any(StatefulCommandError)]);
  });

  it.each(['shared', 'auto', 'exclusive'] as const)(
    'a transaction about several nodes is refused by what is wrong with it, and not sent to and fro, %s',
    async (isolation) => {
      const withRedis = create({ pool, isolation });
      await withRedis((r) => r.del('b'), { key: 'b' });
      const call = withRedis((r) => r.multi().set('a', 1).incr('b').exec(), { key: 'a' });
      expect((await outcomeOf(call)).error).toMatchObject({ name: 'ConfigurationError', option: 'keys' });
      expect(await withRedis((r) => r.exists('b'), { key: 'b' })).toBe(0);
      expect(await withRedis((r) => r.multi().incr('b').exec(), { key: 'b' })).toEqual([[null, 1]]);
    },
  );

  it('auto: moves to the node of the first stateful command', async () => {
    const withRedis = create({ pool, isolation: 'auto' });
    const [, b] = await masters();
    const seen = await withRedis(async (r) => {
      await r.set('a', 1);
      await r.set('b', 1);
      await r.watch('b');
      const id = await r.cluster('MYID');
      return [id, await r.multi().incr('b').exec()];
    });
    expect(seen).toEqual([b!.id, [[null, 2]]]);
    expect(await withRedis((r) => r.blpop('no such list', 0.01))).toBeNull();
  });

  it('hears messages, wherever they are published', async () => {
    const withRedis = create({ pool, isolation: 'auto' });
    const heard: unknown[] = [];
    await withRedis(async (r) => {
      r.on('message', (_channel, message) => heard.push(message));
      await r.subscribe('news');
      await cluster.nodes[2]!.observer.command('PUBLISH', 'news', 'hello');
      await eventually(
        () => heard.length,
        (length) => length > 0,
      );
    });
    expect(heard).toEqual(['hello']);
  });

  it('refuses keys of a transaction that are not in one slot, and runs one whose keys are', async () => {
    const withRedis = create({ pool });
    const { error } = await outcomeOf(withRedis.transaction(['a', 'b'], () => 1));
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION', option: 'keys' });
    const { replies } = await withRedis.transaction(['{cart}:sum', '{cart}:items'], async (r, multi) => {
      await r.get('{cart}:sum');
      multi.set('{cart}:sum', 5).rpush('{cart}:items', 'book');
    });
    expect(replies[0]).toBe('OK');
  });

  it('runs scripts where their keys are', async () => {
    const withRedis = create({ pool, isolation: 'shared' });
    for (const key of ['a', 'b', 'c']) {
      expect(await withRedis((r) => r.eval("return redis.call('SET', KEYS[1], ARGV[1])", 1, key, '7'))).toBe(
        'OK',
      );
      expect(await withRedis((r) => r.get(key))).toBe('7');
    }
  });

  it('counts keyPrefix into the slot, and finds nodes through natMap', async () => {
    const { host, port } = cluster.nodes[1]!.server;
    const withRedis = create({
      pool,
      cluster: {
        nodes: [{ host, port }],
        options: {
          keyPrefix: '{a}:',
          natMap: (address) => ({ host: 'localhost', port: Number(address.split(':')[1]) }),
        },
      },
    });
    const [a] = await masters();
    expect(await withRedis((r) => r.cluster('MYID'), { key: 'anything' })).toBe(a!.id);
    await withRedis((r) => r.set('prefixed', 1), { key: 'anything' });
    expect(await a!.observer.command('GET', '{a}:prefixed')).toBe('1');
    expect(Object.keys(withRedis.stats().nodes ?? {})).toContain(`localhost:${a!.server.port}`);
  });

  it('dials names as dnsLookup says, anew with each connection, and leaves to the system what it leaves open', async () => {
    const { port } = cluster.nodes[1]!.server;
    const asked: string[] = [];
    const withRedis = create({
      pool,
      isolation: 'exclusive',
      cluster: {
        nodes: [{ host: 'seed.cluster.invalid', port }],
        options: {
          natMap: (address) => ({ host: 'node.cluster.invalid', port: Number(address.split(':')[1]) }),
          dnsLookup: (name, callback) => {
            asked.push(name);
            callback(null, '127.0.0.1');
          },
        },
      },
    });
    const [a] = await masters();
    const id = () => withRedis((r) => r.cluster('MYID'), { key: 'a' });
    expect(await Promise.all([id(), id()])).toEqual([a!.id, a!.id]);
    expect([...new Set(asked)]).toEqual(['seed.cluster.invalid', 'node.cluster.invalid']);
    expect(asked.filter((name) => name.startsWith('node')).length).toBeGreaterThanOrEqual(2);
    const byTheSystem = create({
      pool,
      cluster: {
        nodes: [{ host: 'localhost', port }],
        options: { dnsLookup: (name, callback) => callback(null, name) },
      },
    });
    expect(await byTheSystem((r) => r.cluster('MYID'), { key: 'a' })).toBe(a!.id);
  });

  it('says of a name that dnsLookup does not know what that says', async () => {
    const unknown = Object.assign(new Error('no such name here'), { code: 'ENOTFOUND' });
    const withRedis = create({
      pool,
      cluster: {
        nodes: [{ host: 'seed.cluster.invalid', port: cluster.nodes[1]!.server.port }],
        options: { dnsLookup: (_name, callback) => callback(unknown, undefined as never) },
      },
    });
    const { error } = await outcomeOf(withRedis((r) => r.get('a'), { key: 'a' }));
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONNECT', cause: { code: 'ENOTFOUND' } });
  });

  it('follows MOVED of a connection that was got before, also in a pipeline and a transaction', async () => {
    const withRedis = create({ pool });
    const from = await cluster.masterOf(slotOfA);
    await withRedis((r) => r.set('a', 'moves'), { key: 'a' });
    const read = await withRedis(
      async (r) => {
        await cluster.migrate(slotOfA, otherThan(from));
        return [
          await r.pipeline().get('a').set('{a}2', 'too').get('{a}2').exec(),
          await r.multi().get('a').append('a', '!').exec(),
          await r.cluster('MYID'),
        ];
      },
      { key: 'a' },
    );
    expect(read).toEqual([
      [
        [null, 'moves'],
        [null, 'OK'],
        [null, 'too'],
      ],
      [
        [null, 'moves'],
        [null, 6],
      ],
      otherThan(from).id,
    ]);
    await cluster.migrate(slotOfA, from);
    expect(await withRedis((r) => r.multi().get('a').exec(), { key: 'a' })).toEqual([[null, 'moves!']]);
    await cluster.settled();
  });

  it('does not take a WATCH along to another node: the transaction is refused, and repeated', async () => {
    const withRedis = create({ pool });
    const from = await cluster.masterOf(slotOfA);
    await withRedis((r) => r.set('a', 5), { key: 'a' });
    let attempts = 0;
    const { replies } = await withRedis.transaction(['a'], async (r, multi) => {
      attempts += 1;
      const value = Number(await r.get('a'));
      if (attempts === 1) await cluster.migrate(slotOfA, otherThan(from));
      multi.set('a', value + 1);
    });
    expect(replies).toEqual(['OK']);
    expect(attempts).toBeGreaterThan(1);
    expect(await withRedis((r) => r.get('a'), { key: 'a' })).toBe('6');
    await cluster.migrate(slotOfA, from);
    await cluster.settled();
  });

  it.each(['exclusive', 'shared', 'auto'] as const)(
    'follows ASK while a slot is on its way, %s',
    async (isolation) => {
      const withRedis = create({ pool, isolation });
      const from = await cluster.masterOf(slotOfA);
      await withRedis((r) => r.set('a', 'stays'), { key: 'a' });
      await from.observer.command('DEL', '{a}new', '{a}block');
      const complete = await cluster.beginMigration(slotOfA, otherThan(from));
      const seen = await withRedis(
        async (r) => [
          await r.get('a'),
          await r.set('{a}new', 'arrives'),
          await r.get('{a}new'),
          await r.multi().set('{a}block', 1).incr('{a}block').exec(),
          await r.get('a'),
        ],
        { key: 'a' },
      );
      expect(seen).toEqual([
        'stays',
        'OK',
        'arrives',
        [
          [null, 'OK'],
          [null, 2],
        ],
        'stays',
      ]);
      await complete();
      expect(await withRedis((r) => r.mget('a', '{a}new', '{a}block'), { key: 'a' })).toEqual([
        'stays',
        'arrives',
        '2',
      ]);
      await cluster.migrate(slotOfA, from);
      await cluster.settled();
    },
  );

  it.each(['exclusive', 'shared', 'auto'] as const)(
    'says why ASK is not followed where the user may not ask, %s',
    async (isolation) => {
      const rights = ['reset', 'on', '>pw', '~*', '&*', '+@all', '-asking'];
      for (const { observer } of cluster.nodes) await observer.command('ACL', 'SETUSER', 'mute', ...rights);
      const withRedis = create({ pool, isolation, redis: { username: 'mute', password: 'pw' } });
      const from = await cluster.masterOf(slotOfA);
      await from.observer.command('DEL', '{a}new');
      const complete = await cluster.beginMigration(slotOfA, otherThan(from));
      const calls = [
        outcomeOf(withRedis((r) => r.get('{a}new'), { key: 'a' })),
        outcomeOf(withRedis((r) => r.multi().incr('{a}new').exec(), { key: 'a' })),
      ];
      for (const call of calls)
        expect((await call).error).toMatchObject({ message: expect.stringMatching(/^NOPERM/) });
      await complete();
      await cluster.migrate(slotOfA, from);
      await cluster.settled();
    },
  );

  it('never has more than maxConnections at any node', async () => {
    const withRedis = create({ pool, maxConnections: 3, maxPending: 10_000 });
    let most = 0;
    let watching = true;
    const watch = (async () => {
      while (watching) {
        most = Math.max(most, ...(await cluster.clients()).map(({ length }) => length));
        expect(withRedis.stats().size).toBeLessThanOrEqual(9);
      }
    })();
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        withRedis((r) => r.incr(`k${index % 30}`), {
          key: `k${index % 30}`,
          isolation: (['exclusive', 'auto', 'shared'] as const)[index % 3],
        }),
      ),
    );
    watching = false;
    await watch;
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('a cluster that cannot be reached', () => {
  it('is refused at once with the reason, and asked again by the next call', async () => {
    const port = await findFreePort();
    const withRedis = create({ cluster: { nodes: [port] } });
    const { error } = await outcomeOf(withRedis((r) => r.ping(), { key: 'a' }));
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as ConnectError).address).toBe(`127.0.0.1:${port}`);
    expect((error as ConnectError).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('goes on to the next seed', async () => {
    const port = await findFreePort();
    const withRedis = create({ cluster: { nodes: [port, ...cluster.seeds] } });
    expect(await withRedis((r) => r.ping(), { key: 'a' })).toBe('PONG');
  });
});
