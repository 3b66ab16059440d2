// Plain JavaScript, ES modules.
import assert from 'node:assert/strict';
import { createWithRedis, isWithRedisError, withRedis } from 'with-redis';

const key = `consumer:esm:${process.pid}`;

assert.equal(await withRedis((redis) => redis.set(key, '1', 'EX', 60)), 'OK');
assert.equal(await withRedis('label', (_redis, scope) => `${scope.label} ${scope.attempt}`), 'label 1');

const cache = createWithRedis({ pool: true, maxConnections: 2 });
const answers = await Promise.all(Array.from({ length: 5 }, () => cache((redis) => redis.get(key))));
assert.deepEqual(answers, ['1', '1', '1', '1', '1']);
assert.ok(cache.stats().created <= 2);
await cache.close();

const refusal = await cache(() => 'too late').catch((error) => error);
assert.ok(isWithRedisError(refusal));
assert.equal(refusal.code, 'ERR_WITH_REDIS_CLOSED');
console.log('done');
