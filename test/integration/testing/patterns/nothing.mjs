import { Redis } from 'ioredis';
import RedisMock from 'ioredis-mock';

if (process.env.BEFORE === 'leaked') await new Redis(process.env.REDIS_URL).ping();

export async function throwsAlways() {
  throw new Error('not configured');
}

export async function opensNone() {
  return 1;
}

export async function usesMock() {
  return new RedisMock().get('price');
}

export async function hasLeakedBefore() {
  return 1;
}
