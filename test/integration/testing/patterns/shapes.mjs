import { Redis } from 'ioredis';

if (process.env.SHAPE === 'call-sites') Error.prepareStackTrace = (_error, sites) => sites;
if (process.env.SHAPE === 'throws') {
  Error.prepareStackTrace = (error) => error.message.trim();
}

export async function neverCloses() {
  const redis = new Redis(process.env.REDIS_URL); // opened here
  return redis.get('price');
}
