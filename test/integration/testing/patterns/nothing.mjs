import RedisMock from 'ioredis-mock';

export async function throwsAlways() {
  throw new Error('not configured');
}

export async function opensNone() {
  return 1;
}

export async function usesMock() {
  return new RedisMock().get('price');
}
