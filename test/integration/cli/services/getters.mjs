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

let turn = 0;
export async function failingOften() {
  turn += 1;
  const isBad = turn % 2 === 0;
  await closing();
  if (isBad) throw new Error('bad\nvalue');
}

export async function idle() {
  return 1;
}

export async function wanting(request) {
  return request.url;
}

/** It does not know REDIS_URL. */
export async function stubborn() {
  const redis = new Redis(1, '127.0.0.1', { lazyConnect: true });
  redis.on('error', () => undefined);
  return redis.get('price');
}

export async function leakingSlowly() {
  const redis = new Redis(process.env.REDIS_URL);
  await redis.get('price');
  await new Promise((resolve) => setTimeout(resolve, 20));
}

const titled = Object.defineProperty(() => new Redis(process.env.REDIS_URL), 'name', {
  value: '\u001b]0;title\u0007',
});
export async function painted() {
  await titled().ping();
  turn += 1;
  if (turn % 2 === 0) throw new Error('\u001b[31mred\u0007');
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

export const talking = () => {
  console.log('talking');
  return closing();
};
