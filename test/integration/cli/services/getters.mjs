import { Redis } from 'ioredis';

export async function leaking() {
  console.log('the service talks');
  const redis = new Redis(process.env.REDIS_URL);
  return redis.get('price');
}

export async function closing() {
  const redis = new Redis(process.env.REDIS_URL);
  try {
    return await redis.get('price');
  } finally {
    redis.disconnect();
  }
}

export async function failing() {
  await closing();
  throw new Error('bad\nvalue');
}

export async function broken() {
  throw new Error('not configured');
}

export async function throwing() {
  setTimeout(() => {
    throw new Error('too late');
  });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
}

export function hanging() {
  return new Promise(() => undefined);
}

export async function leaving() {
  process.exit(0);
}

export const number = 3;

export default closing;
