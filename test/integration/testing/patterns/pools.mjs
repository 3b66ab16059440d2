import genericPool from 'generic-pool';
import { Redis } from 'ioredis';

const url = process.env.REDIS_URL;
let turn = 0;

const factory = {
  create: async () => new Redis(url), // opened here
  destroy: async (redis) => redis.disconnect(),
};

const pool = (max) => genericPool.createPool(factory, { max });

let shared;
export async function sharesPool() {
  shared ??= pool(5);
  return shared.use((redis) => redis.get('price'));
}

export async function neverGivesBack() {
  shared ??= pool(5_000);
  const redis = await shared.acquire();
  return redis.get('price');
}

export async function hasPoolPerCall() {
  return pool(3).use((redis) => redis.get('price'));
}

export async function drainsPoolPerCall() {
  const own = pool(3);
  const value = await own.use((redis) => redis.get('price'));
  await own.drain();
  await own.clear();
  return value;
}

/** Evicts a connection after each use, and opens another for the next one. */
export async function replacesThem() {
  shared ??= pool(5);
  const redis = await shared.acquire();
  const value = await redis.get('price');
  turn += 1;
  if (turn % 7 === 0) await shared.destroy(redis);
  else await shared.release(redis);
  return value;
}

const tenants = new Map();
const ofTenant = (name) => {
  if (!tenants.has(name)) tenants.set(name, new Redis(url)); // opened here
  return tenants.get(name);
};

export async function hasOnePerTenant() {
  turn += 1;
  return ofTenant(turn % 25).get('price');
}

export async function hasOnePerUser() {
  turn += 1;
  return ofTenant(turn).get('price');
}

/** The oldest one goes when a new one comes. */
export async function hasThoseUsedLast() {
  turn += 1;
  const redis = ofTenant(turn);
  await redis.ping();
  if (tenants.size > 15) {
    const [oldest, old] = tenants.entries().next().value;
    tenants.delete(oldest);
    old.disconnect();
  }
}

/** Larger than the calls that are made: nobody could tell it from a leak. */
export async function hasOnePerTenantOfThousand() {
  turn += 1;
  return ofTenant((turn * 7) % 1_000).get('price');
}
