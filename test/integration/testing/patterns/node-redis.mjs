import { createClient, createClientPool } from 'redis';

const url = process.env.REDIS_URL;
const ignore = () => undefined;

export async function neverCloses() {
  const client = createClient({ url }); // opened here
  await client.connect(); // or here
  return client.get('price');
}

export async function closes() {
  const client = await createClient({ url }).connect();
  const value = await client.get('price');
  await client.close();
  return value;
}

export async function destroys() {
  const client = createClient({ url });
  await client.connect();
  try {
    return await client.get('price');
  } finally {
    client.destroy();
  }
}

/** One for each page, closed when the process exits: a serverless one does not. */
class RedisPool {
  constructor() {
    this.redis = createClient({ url });
    this.redis.on('error', ignore);
  }

  async connect() {
    if (!this.redis.isOpen) await this.redis.connect(); // opened here
    return this.redis;
  }
}

export async function hasPoolPerPage() {
  const redis = await new RedisPool().connect();
  return redis.set('token', '1');
}

let shared;
export async function sharesOne() {
  shared ??= createClient({ url }).on('error', ignore).connect();
  return (await shared).get('price');
}

export async function duplicatesForPubSub() {
  shared ??= createClient({ url }).on('error', ignore).connect();
  const subscriber = (await shared).duplicate();
  await subscriber.connect(); // opened here
  await subscriber.subscribe('news', ignore);
}

export async function connectsWithoutWaiting() {
  const client = createClient({ url });
  client.on('error', ignore);
  client.connect().catch(ignore); // opened here
}

export async function hasPoolPerCall() {
  const pool = createClientPool({ url });
  pool.on('error', ignore);
  await pool.connect(); // opened here
  return pool.get('price');
}

let pool;
export async function sharesPool() {
  pool ??= createClientPool({ url }, { minimum: 1, maximum: 8 }).connect();
  return (await pool).get('price');
}

export async function throwsBeforeClose() {
  const client = createClient({ url });
  await client.connect(); // opened here
  await client.lPush('list', '1');
  await client.get('list').catch(() => {
    throw new Error('WRONGTYPE');
  });
  await client.close();
}
