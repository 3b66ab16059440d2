// Plain JavaScript, CommonJS.
const assert = require('node:assert/strict');
const { createWithRedis, isWithRedisError, withRedis } = require('with-redis');

const key = `consumer:cjs:${process.pid}`;

async function main() {
  assert.equal(await withRedis((redis) => redis.set(key, '1', 'EX', 60)), 'OK');

  const cache = createWithRedis({ pool: { idleTimeoutMs: 1_000 }, maxConnections: 2 });
  const answers = await Promise.all(Array.from({ length: 5 }, () => cache((redis) => redis.get(key))));
  assert.deepEqual(answers, ['1', '1', '1', '1', '1']);
  assert.ok(cache.stats().created <= 2);
  await cache.close();

  const refusal = await cache(() => 'too late').catch((error) => error);
  assert.ok(isWithRedisError(refusal));
  assert.equal(refusal.code, 'ERR_WITH_REDIS_CLOSED');
  console.log('done');
}

main();
