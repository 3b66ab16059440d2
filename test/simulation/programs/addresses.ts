import { Redis } from 'ioredis';
import type { WithRedisOptions } from 'with-redis';
import type { InstancePlan } from './program.js';
import { GROUP_NAME, SENTINEL_PLACES } from './sentinel-group.js';
import { HOST, PASSWORD, PORT } from './world.js';

/** Where an instance's data is, by whatever way it was told. */
export const DB = 3;
export const NAME = 'sim';

/** The ways to tell an instance where its server is. */
export function addressOf({ address, password, protocol }: InstancePlan): WithRedisOptions {
  const secret = password ? { password: PASSWORD } : {};
  const options = { ...(protocol === 3 && { protocol: 3 }), ...secret } as object;
  const there = { host: HOST, port: PORT, db: DB, ...options };
  switch (address) {
    case 'url':
      return { url: `redis://${password ? `:${PASSWORD}@` : ''}${HOST}:${PORT}/${DB}`, redis: options };
    case 'both':
      return { url: `redis://${HOST}:1/1`, redis: { port: PORT, db: DB, ...options } };
    case 'redis':
      return { redis: there };
    case 'sentinels':
      return {
        redis: {
          sentinels: SENTINEL_PLACES.map((place) => ({ ...place })),
          name: GROUP_NAME,
          db: DB,
          ...options,
        },
      };
    case 'factory':
      return { connect: () => new Redis({ ...there, lazyConnect: true, connectionName: NAME }) };
  }
}
