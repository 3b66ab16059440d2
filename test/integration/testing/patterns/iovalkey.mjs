import { Redis } from 'iovalkey';

const url = process.env.REDIS_URL;

export async function neverCloses() {
  const redis = new Redis(url); // opened here
  return redis.get('price');
}

export async function quits() {
  const redis = new Redis(url);
  await redis.get('price');
  await redis.quit();
}
