import { Redis } from 'ioredis';

const redis = new Redis(process.env.REDIS_URL);
await redis.ping();

export async function usesOneFromImport() {
  return redis.get('price');
}
