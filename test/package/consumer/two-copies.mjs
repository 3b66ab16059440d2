// Two copies of ioredis: the one beside the package, and another that a library or the service itself brings along.
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { Redis as OtherRedis } from 'other-ioredis';
import { createWithRedis } from 'with-redis';

const url = process.env.REDIS_URL;
const key = `consumer:two:${process.pid}`;
assert.notEqual(Redis, OtherRedis);

// A client of the other copy, from a factory: scopes of every kind work, and the handle is of that copy.
for (const isolation of ['exclusive', 'shared', 'auto']) {
  const connect = () => new OtherRedis(url, { lazyConnect: true });
  const cache = createWithRedis({ connect, isolation, pool: true, maxConnections: 2 });
  assert.equal(await cache((redis) => redis.set(key, '1', 'EX', 60)), 'OK');
  assert.deepEqual(await cache((redis) => redis.multi().get(key).exec()), [[null, '1']]);
  const lost = await cache((redis) => redis.get(key), { signal: AbortSignal.abort('given up') }).catch(
    (e) => e,
  );
  assert.equal(lost, 'given up');
  assert.deepEqual(await cache((redis) => [redis instanceof OtherRedis, redis instanceof Redis]), [
    true,
    false,
  ]);
  await cache.close();
}

// Without one, the copy beside the package is used.
const own = createWithRedis({ url });
assert.deepEqual(await own((redis) => [redis instanceof OtherRedis, redis instanceof Redis]), [false, true]);
await own.close();

// A client in place of options is told, whichever copy it is of.
for (const Client of [Redis, OtherRedis]) {
  const client = new Client(url, { lazyConnect: true });
  assert.throws(() => createWithRedis({ redis: client }), /received a client.*connect/);
}
console.log('done');
