import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWithRedis, type ScopedRedis, type WithRedis } from '../../src/index.js';
import { outcomeOf, sleep, useServer } from '../support/harness.js';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';

/** One way to wait for an element, and where each of them is to be found afterwards. */
interface Way {
  wait(redis: ScopedRedis, key: string): Promise<unknown>;
  push(redis: Writer, key: string, member: string): Promise<unknown>;
  prepare?(redis: Writer, key: string): Promise<unknown>;
  /** How many nobody has taken. */
  left(redis: Writer, key: string): Promise<number>;
}

type Writer = Pick<Redis, 'rpush' | 'llen' | 'zadd' | 'zcard' | 'xadd' | 'xgroup' | 'xpending' | 'xlen'>;

const WAYS: Record<string, Way> = {
  blpop: {
    wait: (redis, key) => redis.blpop(key, 0),
    push: (redis, key, member) => redis.rpush(key, member),
    left: (redis, key) => redis.llen(key),
  },
  blmove: {
    wait: (redis, key) => redis.blmove(key, `${key}:taken`, 'LEFT', 'RIGHT', 0),
    push: (redis, key, member) => redis.rpush(key, member),
    left: (redis, key) => redis.llen(key),
  },
  bzpopmin: {
    wait: (redis, key) => redis.bzpopmin(key, 0),
    push: (redis, key, member) => redis.zadd(key, 1, member),
    left: (redis, key) => redis.zcard(key),
  },
  xreadgroup: {
    prepare: (redis, key) => redis.xgroup('CREATE', key, 'workers', '$', 'MKSTREAM'),
    wait: (redis, key) =>
      redis.xreadgroup('GROUP', 'workers', 'me', 'COUNT', 1, 'BLOCK', 0, 'STREAMS', key, '>'),
    push: (redis, key, member) => redis.xadd(key, '*', 'member', member),
    left: async (redis, key) => (await redis.xlen(key)) - Number((await redis.xpending(key, 'workers'))[0]),
  },
};

/** Races a push against an abort, again and again, and counts what the functions were given. */
async function race(cache: WithRedis, writer: Writer, way: Way, key: string, rounds: number) {
  await way.prepare?.(writer, key);
  let given = 0;
  for (let round = 0; round < rounds; round += 1) {
    const controller = new AbortController();
    const call = cache(
      async (redis) => {
        if (await way.wait(redis, key)) given += 1;
      },
      { signal: controller.signal, key, isolation: round % 2 === 0 ? 'exclusive' : 'auto' },
    );
    const outcome = outcomeOf(call);
    await sleep((round % 4) / 2);
    const push = () => way.push(writer, key, `member ${round}`);
    const pushed = round % 3 === 0 ? undefined : push();
    if (round % 3 === 2) await Promise.resolve(pushed);
    controller.abort('given up');
    await (pushed ?? push());
    const { error } = await outcome;
    if (error !== undefined) expect(error).toBe('given up');
  }
  return { given, left: await way.left(writer, key) };
}

/** What the server says takes so long. */
async function startSlowProxy(port: number, ms: number) {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port);
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}));
    client.pipe(server);
    server.on('data', (chunk) => setTimeout(() => client.write(chunk), ms));
    server.on('close', () => setTimeout(() => client.destroy(), ms));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Keeps a server from everything else for about that many ms; scripts have no clock that goes on while they run. */
const BUSY = 'for _ = 1, ARGV[1] * 100000 do end';

/** Ten thousand races: a connection that is closed while the server hands something over takes that with it. */
const ROUNDS = { server: 1_750, cluster: 750 };
const LINES = 10;

describe('a blocking command that is given up loses nothing', () => {
  const redis = useServer();
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: false });
  }, 60_000);
  afterAll(() => cluster.stop());

  async function raceAll(cache: WithRedis, writer: Writer, name: string, rounds: number) {
    const way = WAYS[name] as Way;
    const lines = Array.from({ length: LINES }, (_, line) =>
      race(cache, writer, way, `{${name}${line}}`, rounds / LINES),
    );
    const counted = await Promise.all(lines);
    const given = counted.reduce((sum, each) => sum + each.given, 0);
    const left = counted.reduce((sum, each) => sum + each.left, 0);
    expect({ given, left, lost: rounds - given - left }).toMatchObject({ lost: 0 });
    // Else nothing was raced.
    expect(given).toBeGreaterThan(rounds / 100);
    expect(cache.stats().destroyed.aborted).toBeGreaterThan(rounds / 100);
  }

  it.each(Object.keys(WAYS))(
    '%s, on one server',
    async (name) => {
      const cache = createWithRedis({ url: redis.url, pool: true, maxConnections: 2 * LINES });
      const writer = new Redis(redis.url);
      await raceAll(cache, writer, name, ROUNDS.server);
      writer.disconnect();
      await cache.close();
      expect(await redis.clients()).toEqual([]);
    },
    120_000,
  );

  it.each(Object.keys(WAYS))(
    '%s, in a cluster',
    async (name) => {
      const nodes = [...cluster.seeds];
      const cache = createWithRedis({ cluster: { nodes }, pool: true, maxConnections: 2 * LINES });
      const writer = new Cluster(nodes);
      await raceAll(cache, writer as unknown as Writer, name, ROUNDS.cluster);
      writer.disconnect();
      await cache.close();
    },
    120_000,
  );

  it.each(['fresh', 'pooled'])('nor where the server is slow to hear of it, %s', async (source) => {
    const cache = createWithRedis({ url: redis.url, pool: source === 'pooled', maxConnections: 4 });
    const writer = new Redis(redis.url);
    const other = new Redis(redis.url);
    await Promise.all([writer.ping(), other.ping()]);
    let given = 0;
    for (let round = 0; round < 4; round += 1) {
      const controller = new AbortController();
      const waiting = async (redis: ScopedRedis) => {
        if (await redis.blpop('slow', 0)) given += 1;
      };
      const outcome = outcomeOf(cache(waiting, { signal: controller.signal }));
      await sleep(20);
      const busy = other.eval(BUSY, 0, 250);
      await sleep(20);
      const pushed = writer.rpush('slow', 'v');
      controller.abort('given up');
      await Promise.all([busy, pushed, outcome]);
    }
    expect({ given, left: await writer.llen('slow') }).toEqual({ given: 4, left: 0 });
    for (const client of [writer, other]) client.disconnect();
    await cache.close();
  });

  it('nor does a deadline, and the standing client hands on what had been taken', async () => {
    const cache = createWithRedis({ url: redis.url, pool: true, deadlineMs: 20, maxConnections: 4 });
    const writer = new Redis(redis.url);
    const rounds = 60;
    let given = 0;
    for (let round = 0; round < rounds; round += 1) {
      const outcome = outcomeOf(cache.redis.blpop('standing', 0));
      await sleep(18 + (round % 5));
      await writer.rpush('standing', 'v');
      const { value, error } = await outcome;
      if (value) given += 1;
      else expect(error).toMatchObject({ name: 'DeadlineExceededError' });
    }
    expect(given + (await writer.llen('standing'))).toBe(rounds);
    expect(given).toBeGreaterThan(0);
    writer.disconnect();
    await cache.close();
  });

  it.each(['release', 'forgotten'])(
    'nor does a release, over a slow network, %s',
    async (how) => {
      const proxy = await startSlowProxy(redis.server.port, 60);
      const cache = createWithRedis({ url: proxy.url, pool: true, releaseTimeoutMs: 500 });
      const writer = new Redis(redis.url);
      let given = 0;
      const waiting = (redis: ScopedRedis) => {
        redis.blpop(how, 0).then(
          (popped) => {
            if (popped) given += 1;
          },
          () => {},
        );
      };
      const end = async () => {
        if (how === 'forgotten') return cache((redis) => void waiting(redis));
        const lease = await cache.acquire();
        waiting(lease.redis);
        await sleep(150);
        return lease.release();
      };
      const rounds = 6;
      for (let round = 0; round < rounds; round += 1) {
        const ended = end();
        await sleep((how === 'release' ? 150 : 0) + 250 + 50 * round);
        await writer.rpush(how, 'v');
        await ended;
        await sleep(130);
      }
      expect({ given, left: await writer.llen(how), rounds }).toMatchObject({ left: rounds - given });
      expect(given).toBeGreaterThan(0);
      writer.disconnect();
      await cache.close();
      proxy.close();
    },
    20_000,
  );

  it('ends within the limit of a release where no other connection can be had', async () => {
    const cache = createWithRedis({ url: redis.url, maxConnections: 2, releaseTimeoutMs: 200 });
    const other = await cache.acquire();
    const controller = new AbortController();
    const outcome = outcomeOf(cache((r) => r.blpop('nothing', 0), { signal: controller.signal }));
    await sleep(30);
    controller.abort('given up');
    expect((await outcome).error).toBe('given up');
    expect(await other.redis.ping()).toBe('PONG');
    await other.release();
    await cache.close();
    expect(cache.stats()).toMatchObject({ borrowed: 0, idle: 0, pending: 0 });
  });
});
