import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, outcomeOf, sleep, useInstances } from '../support/harness.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';

const ISOLATIONS = ['exclusive', 'shared', 'auto'] as const;
const SLOT_OF_A = 15_495;

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
});

const pairs = (...replies: unknown[]) => replies.map((reply) => [null, reply]);
