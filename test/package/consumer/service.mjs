// What the bin and the linter are tried on: one getter that leaks, and one that does not.
import { Redis } from 'ioredis';
import { withRedis } from 'with-redis';

export async function leaking() {
  const redis = new Redis(process.env.REDIS_URL);
  return redis.get('price');
}

export function scoped() {
  return withRedis((redis) => redis.get('price'));
}
