// As a service has it whose tests run in Jest with its defaults: CommonJS, and nothing configured.
const Redis = require('ioredis');
const RedisMock = require('ioredis-mock');
const { createWithRedis, withRedis } = require('with-redis');
const { replaceRedis } = require('with-redis/testing');

const instances = [];
const instanceOf = (options) => {
  const instance = createWithRedis(options);
  instances.push(instance);
  return instance;
};
afterAll(() => Promise.all([withRedis, ...instances].map((instance) => instance.close())));

test('a connection for each call', async () => {
  await withRedis((redis) => redis.set('jest', 'a'));
  expect(await withRedis((redis) => redis.get('jest'))).toBe('a');
});

test('pooled', async () => {
  const cache = instanceOf({ pool: true });
  await cache((redis) => redis.set('jest', 'b'));
  expect(await cache((redis) => redis.get('jest'))).toBe('b');
  expect(cache.stats()).toMatchObject({ created: 1, reused: 1 });
});

test('shared', async () => {
  const cache = instanceOf({ isolation: 'shared', pool: true });
  const all = await Promise.all([1, 2, 3].map((n) => cache((redis) => redis.echo(String(n)))));
  expect(all).toEqual(['1', '2', '3']);
});

test('a transaction', async () => {
  const cache = instanceOf({ pool: true });
  await cache((redis) => redis.set('jest:n', 1));
  const { replies } = await cache.transaction(['jest:n'], (_redis, multi) => multi.incr('jest:n'));
  expect(replies).toEqual([2]);
});

test('a mock by `connect`', async () => {
  const cache = instanceOf({ connect: () => new RedisMock() });
  await cache((redis) => redis.set('jest', 'mocked'));
  expect(await cache((redis) => redis.get('jest'))).toBe('mocked');
});

test('a client of the service itself', async () => {
  const cache = instanceOf({ connect: () => new Redis(process.env.REDIS_URL) });
  expect(await cache((redis) => redis.ping())).toBe('PONG');
});

test('a mock in place of a server', async () => {
  const cache = instanceOf({ url: 'redis://127.0.0.1:1' });
  const replacements = [cache, withRedis].map((each) => replaceRedis(each, () => new RedisMock()));
  await cache((redis) => redis.set('jest:replaced', 'mocked'));
  expect(await withRedis((redis) => redis.get('jest:replaced'))).toBe('mocked');
  for (const { restore } of replacements) await restore();
  expect(await withRedis((redis) => redis.get('jest:replaced'))).toBeNull();
});

test('under fake timers, with what ioredis needs left alone', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  const cache = createWithRedis({ connect: () => new RedisMock(), deadlineMs: 60_000 });
  const call = cache(() => new Promise(() => {})).catch((error) => error.name);
  await jest.advanceTimersByTimeAsync(60_100);
  expect(await call).toBe('DeadlineExceededError');
  const closing = cache.close();
  await jest.advanceTimersByTimeAsync(6_000);
  await closing;
  jest.useRealTimers();
});
