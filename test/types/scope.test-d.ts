import type { Redis } from 'ioredis';
import { createWithRedis, type Lease, type Scope, type ScopedRedis, withRedis } from 'with-redis';
import { check, type Same } from './same.js';

// The client of a scope is a Redis to every helper that takes one.
const read = (redis: Redis): Promise<string | null> => redis.get('key');
const readTwice = (redis: Redis, scope: Scope) => Promise.all([read(redis), scope.attempt]);
const ping = (redis: Pick<Redis, 'ping'>) => redis.ping();
withRedis(read);
withRedis(readTwice);
withRedis(ping);
withRedis('label', read);
withRedis((redis) => read(redis));
withRedis(async (redis) => {
  const plain: Redis = redis;
  const scoped: ScopedRedis = redis;
  await read(plain);
  await read(scoped);
  redis.pipeline().get('key');
  for await (const keys of redis.scanStream()) void keys;
});

// It does not end, replace or multiply its connection.
withRedis((redis) => {
  // @ts-expect-error
  redis.quit();
  // @ts-expect-error
  redis.disconnect();
  // @ts-expect-error
  redis.end();
  // @ts-expect-error
  redis.duplicate();
  // @ts-expect-error
  redis.monitor();
  // @ts-expect-error
  redis.connect();
});

// A connection does not leave its scope.
// @ts-expect-error
withRedis((redis) => redis);
// @ts-expect-error
withRedis(async (redis) => redis);
// @ts-expect-error
withRedis((redis) => (Math.random() > 0.5 ? redis : null));
// @ts-expect-error
withRedis('label', (redis) => redis);
// @ts-expect-error
withRedis.transaction(['key'], (redis) => redis);
// A pipeline compiles, and is dead by then.
withRedis((redis) => redis.pipeline().get('key'));

// What a function learns of its scope.
withRedis((_redis, scope) => {
  const { attempt, signal, label, deadlineAt } = scope;
  check<Same<typeof attempt, number>>();
  check<Same<typeof signal, AbortSignal>>();
  check<Same<typeof label, string | undefined>>();
  check<Same<typeof deadlineAt, number>>();
  // @ts-expect-error Readonly.
  scope.attempt = 2;
});

// A lease, by hand or to the end of the block; an instance likewise.
export async function hold(): Promise<void> {
  await using cache = createWithRedis({ pool: true });
  await using lease = await cache.acquire({ label: 'held' });
  check<Same<typeof lease, Lease>>();
  check<Same<typeof lease.redis, ScopedRedis>>();
  await lease.redis.get('key');
  // @ts-expect-error
  lease.redis.quit();
  // @ts-expect-error Readonly.
  lease.redis = cache as never;
  // @ts-expect-error
  using late = lease;
  void late;
  check<Same<ReturnType<typeof lease.release>, Promise<void>>>();
  check<Same<ReturnType<typeof lease.destroy>, Promise<void>>>();
}

// What is no function does not run.
// @ts-expect-error
withRedis('label');
// @ts-expect-error
withRedis(Promise.resolve(1));
// @ts-expect-error
withRedis((redis: string) => redis);
