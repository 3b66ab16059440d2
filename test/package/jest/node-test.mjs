// As a service has it whose tests run in node:test: what the service imports is what is replaced.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, mock, test } from 'node:test';
import RedisMock from 'ioredis-mock';
import { createWithRedis, withRedis } from 'with-redis';
import { replaceRedis } from 'with-redis/testing';

const cache = createWithRedis({ url: 'redis://127.0.0.1:1', pool: true });
const commonJs = createRequire(import.meta.url)('with-redis');
after(() => cache.close());

test('a mock in place of a server', async () => {
  const { restore } = replaceRedis(cache, () => new RedisMock());
  await cache((redis) => redis.set('replaced', 'mocked'));
  assert.equal(await cache.redis.get('replaced'), 'mocked');
  await restore();
  await assert.rejects(cache.redis.get('replaced'), { name: 'ConnectError' });
});

test('the default instance, for ESM and CommonJS, under fake timers', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { restore } = replaceRedis(withRedis, () => new RedisMock());
  await withRedis((redis) => redis.set('default', 'mocked'));
  assert.equal(await commonJs.withRedis((redis) => redis.get('default')), 'mocked');
  await restore();
  mock.timers.reset();
});
