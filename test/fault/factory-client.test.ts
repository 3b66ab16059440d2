import { Cluster, Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWithRedis } from '../../src/index.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

/** A factory hands over clients with ioredis's own defaults: they reconnect, queue while offline and send again. */
describe.each(SOURCES)('clients of a factory, with ioredis defaults, $source', ({ pool }) => {
  const redis = useServer();
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  afterAll(() => proxy.close());
  beforeEach(async () => {
    proxy.mode = 'pass';
    await redis.observer.command('FLUSHALL');
  });
  const instance = useInstances(() => ({
    connect: () => new Redis(proxy.url),
    pool,
    maxConnections: 1,
    deadlineMs: 3_000,
    releaseTimeoutMs: 300,
  }));

  it('a write whose reply was lost is not sent again, and nothing else is sent from that lease', async () => {
    const cache = instance();
    await cache((client) => client.ping());
    const accepts = proxy.accepts;
    const { error } = await outcomeOf(
      cache(async (client) => {
        proxy.mode = 'drop-replies';
        const counted = outcomeOf(client.incr('counter'));
        await eventually(
          () => redis.observer.command('GET', 'counter'),
          (value) => value === '1',
        );
        proxy.mode = 'pass';
        proxy.reset();
        const { error: lost } = await counted;
        await sleep(100);
        expect((await outcomeOf(client.incr('counter'))).error).toBeInstanceOf(Error);
        throw lost;
      }),
    );
    expect(error).toMatchObject({ commands: [{ name: 'incr', status: 'in-doubt' }, expect.anything()] });
    expect(await redis.observer.command('GET', 'counter')).toBe('1');
    expect(proxy.accepts - accepts).toBeLessThanOrEqual(pool ? 0 : 1);
    await eventually(redis.clients, (clients) => clients.length === 0);
  });

  it('an idle one that the server drops is not revived', async () => {
    const cache = instance();
    await cache((client) => client.ping());
    await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await sleep(150);
    expect(await redis.clients()).toEqual([]);
    expect(await cache((client) => client.ping())).toBe('PONG');
    expect((await redis.clients()).length).toBeLessThanOrEqual(1);
  });

  it('one that cannot connect is not left dialling', async () => {
    proxy.mode = 'refuse';
    const cache = instance();
    const accepts = proxy.accepts;
    const { error } = await outcomeOf(cache((client) => client.ping(), { acquireTimeoutMs: 200 }));
    expect(error).toBeInstanceOf(Error);
    await cache.close({ deadlineMs: 500 });
    const after = proxy.accepts;
    await sleep(300);
    expect(proxy.accepts).toBe(after);
    expect(after - accepts).toBeLessThan(6);
  });

  it('a reply error after which it would reconnect changes nothing about the lease', async () => {
    const cache = instance({
      connect: () => new Redis(proxy.url, { reconnectOnError: () => 2 }),
    });
    await cache(async (client) => {
      const id = await client.client('ID');
      const accepts = proxy.accepts;
      await client.set('text', 'x');
      expect((await outcomeOf(client.incr('text'))).error).toMatchObject({ name: 'ReplyError' });
      await sleep(50);
      const { value, error } = await outcomeOf(client.client('ID'));
      expect(error === undefined ? value : id).toBe(id);
      expect(proxy.accepts).toBe(accepts);
    });
  });
});

const REFUSED: [what: string, make: (url: string) => unknown, words: RegExp][] = [
  [
    'node-redis',
    async (url) => {
      const client = createClient({ url });
      await client.connect();
      return client;
    },
    /one of node-redis/,
  ],
  [
    'a Cluster',
    async (url) => {
      const [, host, port] = /\/\/(.*):(\d+)/.exec(url) ?? [];
      const cluster = new Cluster([{ host, port: Number(port) }], {
        slotsRefreshTimeout: 200,
        clusterRetryStrategy: () => 50,
      });
      cluster.on('error', () => undefined);
      return cluster;
    },
    /use the option `cluster`/,
  ],
  [
    'one whose options are frozen',
    async (url) => {
      const client = new Redis(url);
      await client.ping();
      Object.freeze(client.options);
      return client;
    },
    /read only/,
  ],
  [
    'one with a MULTI that is open',
    async (url) => {
      const client = new Redis(url);
      await client.call('MULTI');
      return client;
    },
    /a MULTI is open/,
  ],
];
describe.each(REFUSED)('a client of a factory that is refused, %s', (_, make, words) => {
  const redis = useServer();
  const instance = useInstances(() => ({ connect: () => make(redis.url), maxConnections: 1 }));

  it('is closed, however many there are', async () => {
    const cache = instance();
    for (let call = 0; call < 5; call += 1) {
      const { error } = await outcomeOf(cache((client) => client.get('key')));
      expect((error as Error).message).toMatch(words);
    }
    await eventually(redis.clients, (clients) => clients.length === 0, 3_000);
  });
});

it.each([
  ['throws', () => raise()],
  ['rejects', async () => raise()],
])('a factory that %s is what is named, and no address that nobody dialled', async (_, connect) => {
  const cache = createWithRedis({ connect });
  const { error } = await outcomeOf(cache((client) => client.get('key')));
  expect(error).toMatchObject({ address: 'connect()', message: expect.stringContaining('no token') });
  await cache.close();
});

function raise(): never {
  throw new Error('no token');
}
