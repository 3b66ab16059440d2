import type { Redis } from 'ioredis';
import { createWithRedis, type StandingRedis, type withRedis } from 'with-redis';
import { check, type Same } from './same.js';

const cache = createWithRedis({ isolation: 'shared' });
check<Same<typeof cache.redis, StandingRedis>>();
check<Same<typeof withRedis.redis, StandingRedis>>();

// It is a client to whoever takes one, and answers as ioredis does.
const helper = (redis: Redis) => redis.get('key');
void helper(cache.redis);
const price: Promise<string | null> = cache.redis.get('price');
void price;
void cache.redis.multi().incr('n').exec();
void cache.redis.blpop('list', 1);
void cache.redis.scanStream();

// What would span calls does not compile.
// @ts-expect-error WATCH is a connection's.
void cache.redis.watch('key');
// @ts-expect-error So is the database.
void cache.redis.select(1);
// @ts-expect-error And a subscription.
void cache.redis.subscribe('news');
// @ts-expect-error And the stream of a replica.
void cache.redis.sync();
// @ts-expect-error A transaction is one piece here.
void cache.redis.exec();
// @ts-expect-error The instance closes what it opened.
void cache.redis.quit();
// @ts-expect-error Nor can it be multiplied.
void cache.redis.duplicate();
// @ts-expect-error It is the instance's, and stays it.
cache.redis = withRedis.redis;
