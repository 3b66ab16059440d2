import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { lookup } from 'node:dns';
import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planOf } from '../../src/cluster/plan.js';
import type { ConfigurationError, ScopedRedis, WithRedisOptions } from '../../src/index.js';
import { readOptions } from '../../src/options/settings.js';
import { findFreePort } from '../support/free-port.js';
import { eventually, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';
import { startMuteServer } from '../support/mute-server.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';

const ISOLATIONS = ['exclusive', 'shared', 'auto'] as const;
const SLOT_OF_A = 15_495;

const fn = () => null;

/** All of ioredis's Cluster, 5.4 to 6. */
const OPTIONS: readonly { name: string; byDefault?: unknown; honoured?: unknown[]; refused?: unknown[] }[] = [
  { name: 'redisOptions', honoured: [{ password: 'x', tls: {} }, {}], refused: ['x', { readOnly: true }] },
  { name: 'keyPrefix', honoured: ['p:'], refused: [5] },
  { name: 'scripts', honoured: [{}], refused: ['x'] },
  { name: 'showFriendlyErrorStack', honoured: [true], refused: ['x'] },
  { name: 'natMap', honoured: [{}, fn], refused: [5] },
  { name: 'dnsLookup', honoured: [lookup, fn], refused: ['x'] },
  { name: 'slotsRefreshTimeout', byDefault: 1_000, honoured: [5], refused: [-1] },
  { name: 'slotsRefreshInterval', honoured: [0, 5_000], refused: [-1] },
  { name: 'maxRedirections', byDefault: 16, honoured: [0], refused: [-1, 'x'] },
  { name: 'lazyConnect', byDefault: false, honoured: [true], refused: ['x'] },
  { name: 'enableReadyCheck', byDefault: true, honoured: [false] },
  { name: 'shardedSubscribers', byDefault: false, honoured: [true] },
  { name: 'clusterRetryStrategy', refused: [fn] },
  { name: 'clusterNodeRetryStrategy', refused: [fn] },
  { name: 'enableOfflineQueue', byDefault: true, refused: [false] },
  { name: 'scaleReads', byDefault: 'master', refused: ['slave', fn] },
  { name: 'retryDelayOnFailover', byDefault: 100, refused: [5] },
  { name: 'retryDelayOnClusterDown', byDefault: 100, refused: [5] },
  { name: 'retryDelayOnTryAgain', byDefault: 100, refused: [5] },
  { name: 'retryDelayOnMoved', byDefault: 0, refused: [5] },
  { name: 'useSRVRecords', byDefault: false, refused: [true] },
  { name: 'resolveSrv', refused: [fn] },
  { name: 'enableAutoPipelining', byDefault: false, refused: [true] },
  { name: 'autoPipeliningIgnoredCommands', byDefault: [], refused: [['get']] },
  { name: 'himportFieldsets', byDefault: [], refused: [[{}]] },
];

describe('I. a cluster as it is deployed', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: false });
  });
  afterAll(() => cluster.stop());

  const create = useInstances(() => ({
    cluster: { nodes: cluster.seeds.slice(0, 1) },
    pool: true,
    maxConnections: 4,
  }));
  const otherThan = (node: ClusterNode) => cluster.nodes.find((other) => other !== node) as ClusterNode;
  const redirections = async () => {
    const infos = await Promise.all(cluster.nodes.map(({ observer }) => observer.info('errorstats')));
    const count = (info: Record<string, string>) => Number(/\d+/.exec(info.errorstat_MOVED ?? '0')?.[0]);
    return infos.reduce((sum, info) => sum + count(info), 0);
  };

  describe.each(ISOLATIONS)('%s', (isolation) => {
    const KEYS = ['a', 'b', 'c'];
    it.each([
      { command: ['GET', '?'], reply: 'value of ?' },
      { command: ['gEt', '?'], reply: 'value of ?' },
      { command: ['OBJECT', 'ENCODING', '?'], reply: 'embstr' },
      { command: ['MEMORY', 'USAGE', '?'], reply: expect.any(Number) },
      { command: ['XINFO', 'STREAM', '{?}stream'], reply: expect.any(Array) },
      { command: ['XGROUP', 'CREATE', '{?}stream', `group ${isolation}`, '$'], reply: 'OK' },
      { command: ['xgroup', 'DESTROY', '{?}stream', `group ${isolation}`], reply: 1 },
    ])('84. $command.0 is redirected to where its key is, whatever ioredis knows of it', async (row) => {
      const withRedis = create({ isolation: 'shared' });
      for (const key of KEYS) {
        await withRedis((r) => r.set(key, `value of ${key}`));
        await withRedis((r) => r.xadd(`{${key}}stream`, '*', 'field', 1));
      }
      const fill = (text: string, key: string) => text.replace('?', key);
      const ask = (key: string) => {
        const [name, ...args] = row.command.map((part) => fill(part, key)) as [string, ...string[]];
        return withRedis((r) => r.call(name, ...args), { isolation, key: 'a' });
      };
      for (const key of KEYS) {
        const wanted = typeof row.reply === 'string' ? fill(row.reply, key) : row.reply;
        expect(await ask(key), key).toEqual(wanted);
      }
    });
  });

  it('84. where a key stands is remembered, so that a command is redirected once', async () => {
    const withRedis = create({ isolation: 'shared' });
    for (const key of ['a', 'b', 'c']) await withRedis((r) => r.set(key, 'x'));
    const encoding = (key: string) => withRedis((r) => r.call('oBjEcT', 'ENCODING', key));
    for (const key of ['a', 'b', 'c']) expect(await encoding(key)).toBe('embstr');
    const before = await redirections();
    for (const key of ['a', 'b', 'c']) expect(await encoding(key)).toBe('embstr');
    expect(await redirections()).toBe(before);
  });

  it.each(ISOLATIONS)('84. ASK too, in pipelines and transactions, %s', async (isolation) => {
    const withRedis = create({ isolation });
    const from = await cluster.masterOf(SLOT_OF_A);
    await from.observer.command('DEL', '{a}x', '{a}y');
    const complete = await cluster.beginMigration(SLOT_OF_A, otherThan(from));
    const seen = await withRedis(
      async (r) => [
        await r.call('SET', '{a}x', 'arrives'),
        await r.pipeline().call('GET', '{a}x').call('OBJECT', 'ENCODING', '{a}x').exec(),
        await r.multi().call('SET', '{a}y', '1').call('OBJECT', 'ENCODING', '{a}y').exec(),
      ],
      { key: 'a' },
    );
    expect(seen).toEqual(['OK', pairs('arrives', 'embstr'), pairs('OK', 'int')]);
    await complete();
    await cluster.migrate(SLOT_OF_A, from);
    await cluster.settled();
  });

  it.each(ISOLATIONS)('90. SSUBSCRIBE ends as a loss when its slot moves, %s', async (isolation) => {
    const withRedis = create({ isolation });
    const from = await cluster.masterOf(SLOT_OF_A);
    const heard: unknown[] = [];
    const listening = withRedis(
      async (r, scope) => {
        r.on('smessage', (_channel, message) => heard.push(message));
        await r.ssubscribe('{a}news');
        await from.observer.command('SPUBLISH', '{a}news', 'hello');
        await eventually(
          () => heard,
          (messages) => messages.length > 0,
        );
        await cluster.migrate(SLOT_OF_A, otherThan(from));
        await eventually(
          () => scope.signal.aborted,
          (aborted) => aborted,
        );
        return heard;
      },
      { key: 'a' },
    );
    if (isolation === 'shared') {
      expect((await outcomeOf(listening)).error).toMatchObject({ code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' });
      return;
    }
    expect(await listening).toEqual(['hello']);
    await withRedis((r) => r.ssubscribe('{a}news'), { key: 'a', retry: { attempts: 20, delayMs: 20 } });
    await cluster.migrate(SLOT_OF_A, from);
    await cluster.settled();
  });

  it.each([
    ['for its connection', async (r: ScopedRedis) => void (await r.get('a'))],
    ['for the scope to move', async (r: ScopedRedis) => void r.watch('b')],
  ])('95. a command that waits %s is sent in the context of whoever issued it', async (_what, before) => {
    const withRedis = create({ isolation: 'auto' });
    const context = new AsyncLocalStorage<string>();
    const sent = channel('tracing:ioredis:command:start');
    const seen: unknown[] = [];
    const listen = (message: unknown) => {
      if ((message as { command: string }).command.toLowerCase() === 'set') seen.push(context.getStore());
    };
    sent.subscribe(listen);
    await withRedis(async (r) => {
      await before(r);
      const traced = (name: string) => context.run(name, () => r.set('b', name));
      await Promise.all([traced('first'), traced('second')]);
    });
    sent.unsubscribe(listen);
    expect(seen).toEqual(['first', 'second']);
  });
});

describe('I. options of a cluster', () => {
  const nodes = [6379];
  const refusal = (cluster: object) => {
    try {
      readOptions({ cluster: { nodes, ...cluster } } as WithRedisOptions);
    } catch (error) {
      return (error as ConfigurationError).message;
    }
    return undefined;
  };

  it.each(OPTIONS)('89. $name is honoured or refused by name', ({ name, honoured, refused, byDefault }) => {
    for (const value of honoured ?? []) expect(refusal({ options: { [name]: value } })).toBeUndefined();
    for (const value of [undefined, null, byDefault])
      expect(refusal({ options: { [name]: value } })).toBeUndefined();
    for (const value of refused ?? [])
      expect(refusal({ options: { [name]: value } })).toContain(`cluster.options.${name}`);
  });

  it('89. misspelt ones are refused with what was meant, here and for each node', () => {
    expect(refusal({ options: { slotRefreshTimeout: 5 } })).toContain('slotsRefreshTimeout');
    expect(refusal({ options: { natmap: {} } })).toContain('natMap');
    expect(refusal({ options: { redisOptions: { pasword: 'x' } } })).toContain('redisOptions.pasword');
    expect(refusal({ nodes: [6379, { port: 1, usrname: 'x' }] })).toContain('cluster.nodes[1].usrname');
    expect(refusal({ nodes: ['redis://h:1/3'] })).toContain('cluster.nodes[0].db');
    for (const name of ['host', 'port', 'path', 'sentinels', 'db'])
      expect(refusal({ options: { redisOptions: { [name]: name === 'sentinels' ? [{}] : '7' } } })).toContain(
        name,
      );
  });

  it('89. the options of another cluster client are taken', () => {
    const other = new Cluster([6379], { lazyConnect: true });
    expect(refusal({ options: other.options })).toBeUndefined();
    other.disconnect();
  });

  it('89. credentials and TLS of any seed hold for all nodes, and each has its own', () => {
    const seeds = ['h1:1', { host: 'h2', port: 2, password: 'own' }, 'rediss://user:secret@h3:3'];
    const plan = planOf(readOptions({ cluster: { nodes: seeds as never } }));
    expect(plan.target('h4:4')).toMatchObject({
      host: 'h4',
      port: 4,
      username: 'user',
      password: 'own',
      tls: {},
    });
    expect(plan.target('h3:3')).toMatchObject({ username: 'user', password: 'secret' });
    expect(plan.seeds).toEqual(['h1:1', 'h2:2', 'h3:3']);
  });
});

describe('I. refusals', () => {
  const redis = useServer();
  const create = useInstances(() => ({ url: redis.url, pool: true }));
  const TRANSACTIONS = {
    'multi().exec()': (w) => w((r) => r.multi().incr('n').incr('n').exec()),
    'a pipeline': (w) => w((r) => r.pipeline().incr('n').incr('n').exec()),
    'MULTI, command by command': (w) =>
      w(
        async (r) => {
          await r.multi({ pipeline: false });
          await Promise.allSettled([r.incr('n'), r.incr('n')]);
          return r.exec();
        },
        { isolation: 'exclusive' },
      ),
    'transaction()': async (w) => {
      const { replies } = await w.transaction(['n'], (_r, multi) => {
        multi.incr('n').incr('n');
      });
      return replies.map((reply) => [null, reply]);
    },
  } satisfies Record<string, (withRedis: ReturnType<typeof create>) => Promise<unknown>>;

  it.each(Object.entries(TRANSACTIONS))(
    '88. %s is repeated when the server refused all of it',
    async (_name, run) => {
      const withRedis = create({ retry: { attempts: 50, delayMs: 20, maxDelayMs: 20 } });
      await redis.observer.command('DEL', 'n');
      await redis.observer.command('CONFIG', 'SET', 'min-replicas-to-write', 1);
      const written = run(withRedis);
      await eventually(
        () => withRedis.stats().retries,
        (retries) => retries > 2,
      );
      await redis.observer.command('CONFIG', 'SET', 'min-replicas-to-write', 0);
      expect(await written).toEqual(pairs(1, 2));
      expect(await withRedis((r) => r.get('n'))).toBe('2');
    },
  );

  it('88. but what was partly done is not', async () => {
    const withRedis = create({ retry: { attempts: 5, delayMs: 1 } });
    let runs = 0;
    const partly = withRedis(async (r) => {
      runs += 1;
      await r.getset('n', 'QUEUED');
      await r.getset('n', 'QUEUED');
      await redis.observer.command('CONFIG', 'SET', 'min-replicas-to-write', 1);
      return r.multi().incr('n').exec();
    });
    expect((await outcomeOf(partly)).error).toMatchObject({ message: expect.stringContaining('EXECABORT') });
    await redis.observer.command('CONFIG', 'SET', 'min-replicas-to-write', 0);
    expect(runs).toBe(1);
  });
});

describe('I. doubt', () => {
  let cluster: RedisCluster;
  beforeEach(async () => {
    cluster = await startRedisCluster();
  });
  afterEach(() => cluster.stop());

  const RETRY = { attempts: 40, delayMs: 20, maxDelayMs: 50 };
  const create = useInstances(() => ({ pool: true, acquireTimeoutMs: 2_000, retry: RETRY }));
  const clusterAt = (...addresses: string[]): WithRedisOptions => ({ cluster: { nodes: addresses } });

  it('85. a node that was taken out of the cluster is not asked for ever', async () => {
    const [first, second, gone] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const instances = ISOLATIONS.map((isolation) => create({ ...clusterAt(gone.address), isolation }));
    for (const withRedis of instances) await withRedis((r) => r.set('a', 1), { key: 'a' });
    const others = cluster.nodes.filter((node) => node !== gone);
    await cluster.nodes[5]!.observer.command('CLUSTER', 'RESET', 'HARD');
    await gone.observer.command('FLUSHALL');
    await gone.observer.command('CLUSTER', 'RESET', 'HARD');
    for (const { observer } of others) await observer.command('CLUSTER', 'FORGET', gone.id).catch(() => {});
    const range = [10_922, 16_383];
    for (const node of [first, second])
      await node.observer.command('CLUSTER', 'DELSLOTSRANGE', ...range).catch(() => {});
    await first.observer.command('CLUSTER', 'ADDSLOTSRANGE', ...range);
    await eventually(
      async () => String(await first.observer.command('CLUSTER', 'INFO')),
      (info) => info.includes('cluster_state:ok'),
    );
    for (const withRedis of instances) {
      expect(await withRedis((r) => r.set('a', 2), { key: 'a' })).toBe('OK');
      expect(withRedis.stats().retries).toBeLessThan(10);
    }
  });

  it('86, 87. an instance that slept while its nodes were replaced finds its way back, and forgets the old ones', async () => {
    const [seed] = cluster.nodes as [ClusterNode];
    // A replica that has heard of no write yet is not named.
    const named = async () => ((await seed.observer.command('CLUSTER', 'SLOTS')) as unknown[][]).flat(1);
    await eventually(named, (entries) => entries.length === 12, 10_000);
    const instances = ISOLATIONS.map((isolation) => create({ ...clusterAt(seed.address), isolation }));
    for (const withRedis of instances) await withRedis((r) => r.set('a', 1), { key: 'a' });
    for (const { observer } of cluster.nodes.slice(3))
      await observer.command('CLUSTER', 'FAILOVER', 'TAKEOVER');
    await eventually(
      () => Promise.all([0, 8_000, 16_383].map((slot) => cluster.masterOf(slot))),
      (masters) => masters.every((master) => !cluster.nodes.slice(0, 3).includes(master)),
      10_000,
    );
    await cluster.settled();
    await Promise.all(cluster.nodes.slice(0, 3).map(({ server }) => server.stop()));
    await eventually(
      () => instances.map((withRedis) => withRedis.stats().size),
      (sizes) => sizes.every((size) => size === 0),
    );
    for (const withRedis of instances) {
      for (const key of ['a', 'b', 'c']) expect(await withRedis((r) => r.set(key, 2), { key })).toBe('OK');
      await eventually(
        () => Object.keys(withRedis.stats().nodes ?? {}),
        (nodes) => cluster.nodes.slice(1, 3).every(({ address }) => !nodes.includes(address)),
      );
      expect(withRedis.stats().max).toBe(30);
    }
  });

  it('86. seeds that are dead or mute cost next to nothing, whatever the limit', async () => {
    const mutes = await Promise.all([startMuteServer(), startMuteServer()]);
    const dead = `127.0.0.1:${await findFreePort()}`;
    const nodes = [...mutes.map(({ url }) => url), dead, cluster.nodes[4]!.address];
    for (const isolation of ISOLATIONS) {
      const withRedis = create({
        cluster: { nodes },
        isolation,
        acquireTimeoutMs: 400,
        retry: { attempts: 1 },
      });
      expect(await withRedis((r) => r.set('a', 1), { key: 'a' })).toBe('OK');
    }
    await Promise.all(mutes.map((mute) => mute.close()));
  });

  const questions = async () => {
    const infos = await Promise.all(cluster.nodes.map(({ observer }) => observer.info('commandstats')));
    const of = (info: Record<string, string>) => /calls=(\d+)/.exec(info['cmdstat_cluster|slots'] ?? '')?.[1];
    return infos.reduce((sum, info) => sum + Number(of(info) ?? 0), 0);
  };

  it('86. slotsRefreshInterval is kept while the cluster is used, and not after', async () => {
    const withRedis = create({
      cluster: { nodes: [cluster.nodes[0]!.address], options: { slotsRefreshInterval: 60 } },
      pool: { idleTimeoutMs: 300 },
    });
    await withRedis((r) => r.set('a', 1), { key: 'a' });
    const before = await questions();
    await eventually(questions, (now) => now >= before + 3);
    await sleep(500);
    const later = await questions();
    await sleep(300);
    expect(await questions()).toBe(later);
    expect(later - before).toBeLessThan(20);
  });

  it('86. and is kept where the one connection to each node is shared all the time', async () => {
    const withRedis = create({
      cluster: { nodes: cluster.nodes.map(({ address }) => address), options: { slotsRefreshInterval: 60 } },
      isolation: 'shared',
      maxConnections: 1,
    });
    await withRedis(async (r) => {
      // Of all three masters.
      await Promise.all(['a', 'b', 'c'].map((key) => r.get(key)));
      const { created, borrowed } = withRedis.stats();
      expect(borrowed).toBe(3);
      const before = await questions();
      await eventually(questions, (now) => now >= before + 5);
      // Nor was a replica asked, for want of another connection to a master.
      expect(withRedis.stats()).toMatchObject({ created, borrowed });
    });
  });
});

const pairs = (...replies: unknown[]) => replies.map((reply) => [null, reply]);
