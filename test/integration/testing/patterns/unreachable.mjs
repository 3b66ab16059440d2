import { Redis } from 'ioredis';
import { createClient } from 'redis';

const { hostname, port } = new URL(process.env.REDIS_URL);
const server = { host: hostname, port: Number(port) };
const dead = { host: '127.0.0.1', port: 1 };
const ignore = () => undefined;

export async function dialsDeadPort() {
  const redis = new Redis({ ...dead, maxRetriesPerRequest: 0 }); // opened here
  redis.on('error', ignore);
  return redis.get('price').catch(() => null);
}

export async function closesDeadPort() {
  const redis = new Redis({ ...dead, maxRetriesPerRequest: 0 });
  redis.on('error', ignore);
  return redis
    .get('price')
    .catch(() => null)
    .finally(() => redis.disconnect());
}

export async function hasWrongPassword() {
  const redis = new Redis({ ...server, username: 'me', password: 'wrong', maxRetriesPerRequest: 0 }); // opened here
  redis.on('error', ignore);
  return redis.get('price').catch(() => null);
}

export async function speaksTlsToPlainPort() {
  const redis = new Redis({ ...server, tls: {}, connectTimeout: 100, maxRetriesPerRequest: 0 }); // opened here
  redis.on('error', ignore);
  return redis.get('price').catch(() => null);
}

let shared;
export async function sharesDeadOne() {
  shared ??= new Redis({ ...dead, maxRetriesPerRequest: 0, retryStrategy: () => 20 }).on('error', ignore);
  return shared.get('price').catch(() => null);
}

export async function nodeRedisDialsDeadPort() {
  const client = createClient({ socket: dead });
  client.on('error', ignore);
  client.connect().catch(ignore); // opened here
}

export async function nodeRedisGivesUp() {
  const client = createClient({ socket: { ...dead, reconnectStrategy: false } });
  client.on('error', ignore);
  await client.connect().catch(ignore);
}
