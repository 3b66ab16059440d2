import { Redis } from 'ioredis';

export async function getPrice() {
  const redis = new Redis(process.env.REDIS_URL!);
  return redis.get('price');
}
