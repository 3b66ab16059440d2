import KeyvRedis from '@keyv/redis';
import { RedisStore } from 'connect-redis';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { createClient } from 'redis';

const url = process.env.REDIS_URL;
const session = { cookie: {}, user: 'me' };

const save = (store) =>
  new Promise((resolve, reject) => store.set('sid', session, (error) => (error ? reject(error) : resolve())));

export async function sessionsPerRequest() {
  const client = await createClient({ url }).connect(); // opened here
  await save(new RedisStore({ client }));
}

let shared;
export async function sessionsShareOne() {
  shared ??= createClient({ url }).connect();
  await save(new RedisStore({ client: await shared }));
}

export async function keyvPerCall() {
  const keyv = new Keyv(new KeyvRedis(url));
  await keyv.set('price', 1); // opened here
}

export async function keyvDisconnected() {
  const keyv = new Keyv(new KeyvRedis(url));
  await keyv.set('price', 1);
  await keyv.disconnect();
}

/** A node of an automation: it connects for each execution, and closes in one of its branches alone. */
export async function nodeOfWorkflow() {
  const client = new Redis(url); // opened here
  const operation = 'get';
  if (operation === 'info') {
    await client.info();
    client.quit();
    return;
  }
  return client.get('price');
}

/** The cache of an API server that each invocation builds anew. */
export async function serverlessHandler() {
  const cache = { client: new Redis(url) }; // opened here
  await cache.client.set('etag', '1', 'EX', 60);
  return { statusCode: 200 };
}
