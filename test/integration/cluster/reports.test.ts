import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useInstances } from '../../support/harness.js';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ replicas: false });
});
afterAll(() => cluster.stop());

/** What broke other clients of a cluster, by public reports. */
describe.each(['shared', 'auto'] as const)('reports of other clients, %s', (isolation) => {
  const create = useInstances(() => ({
    cluster: { nodes: cluster.seeds.slice(0, 1) },
    pool: true,
    isolation,
  }));
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];

  // redis/ioredis#2109: the digest of a script was taken for its key.
  it('EVALSHA goes where its keys are', async () => {
    const withRedis = create();
    const lua = "return redis.call('set', KEYS[1], ARGV[1])";
    const digests = await Promise.all(
      cluster.nodes.map(({ observer }) => observer.command('SCRIPT', 'LOAD', lua)),
    );
    const sha = String(digests[0]);
    const replies = await withRedis((r) =>
      Promise.all([...keys.map((key) => r.evalsha(sha, 1, key, 'x')), r.call('evalsha', sha, 1, 'a', 'y')]),
    );
    expect(replies).toEqual([...keys.map(() => 'OK'), 'OK']);
  });

  // redis/redis-py#2914, redis/ioredis#58: each node has scripts of its own, and a pipeline goes to several.
  it('a script that some nodes do not have is loaded there, also in a pipeline to all', async () => {
    const withRedis = create();
    const run = () =>
      withRedis(async (r) => {
        r.defineCommand('tag', { numberOfKeys: 1, lua: "return KEYS[1] .. ':' .. ARGV[1]" });
        const pipeline = r.pipeline() as unknown as {
          tag(...args: string[]): void;
          exec(): Promise<unknown>;
        };
        for (const key of keys) pipeline.tag(key, 'x');
        return pipeline.exec();
      });
    const expected = keys.map((key) => [null, `${key}:x`]);
    expect(await run()).toEqual(expected);
    await cluster.nodes[1]!.observer.command('SCRIPT', 'FLUSH');
    expect(await run()).toEqual(expected);
  });

  // redis/ioredis#1602: keys of bytes that are no text had another slot here than at the server.
  it('keys of bytes go where their bytes belong, in pipelines and transactions', async () => {
    const withRedis = create();
    const key = (text: string) =>
      Buffer.concat([Buffer.from([0xac, 0xed, 0x00, 0x05, 0x74]), Buffer.from(text)]);
    const some = ['4100000252', '4100000255', '7'].map(key);
    await withRedis(async (r) => {
      for (const each of some) expect(await r.set(each, each)).toBe('OK');
      const pipeline = r.pipeline();
      for (const each of some) pipeline.getBuffer(each);
      expect(await pipeline.exec()).toEqual(some.map((each) => [null, each]));
      expect(await r.multi().getBuffer(some[0]!).exec()).toEqual([[null, some[0]]]);
    });
    // Nothing was sent to and fro for it.
    const counts = await Promise.all(cluster.nodes.map(({ observer }) => observer.info('errorstats')));
    expect(counts.filter((info) => 'errorstat_MOVED' in info)).toEqual([]);
  });
});
