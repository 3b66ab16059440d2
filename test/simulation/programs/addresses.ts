import type { WithRedisOptions } from 'with-redis';
import { outsideOf } from './cluster.js';
import { KEY_PREFIX } from './keys.js';
import { HOST } from './pair.js';
import type { InstancePlan } from './program.js';
import { GROUP_NAME, SENTINEL_PLACES } from './sentinel-group.js';
import { PASSWORD, PORT } from './site.js';
import type { World } from './world.js';

/** Where an instance's data is, by whatever way it was told; a cluster has one database. */
export const databaseOf = ({ address }: InstancePlan) => (address === 'cluster' ? 0 : DB);
const DB = 3;
/** How often an instance asks for the map, where it does so unasked. */
export const REFRESH_MS = 400;
export const NAME = 'sim';

/** The ways to tell an instance where its server is. */
export function addressOf(
  {
    address,
    password,
    protocol,
    refreshes,
    refreshTimeoutMs,
    nodes,
    commandTimeoutMs,
    prefixes,
  }: InstancePlan,
  { cluster, factory }: World,
): WithRedisOptions {
  const secret = password ? { password: PASSWORD } : {};
  const options = {
    ...(protocol === 3 && { protocol: 3 }),
    ...(commandTimeoutMs && { commandTimeout: commandTimeoutMs }),
    ...(prefixes && { keyPrefix: KEY_PREFIX }),
    ...secret,
  } as object;
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
    case 'cluster':
      return {
        cluster: {
          nodes: (cluster?.introduce() ?? []).map((host) => ({ host, port: PORT })),
          options: {
            redisOptions: options,
            ...(refreshes && { slotsRefreshInterval: REFRESH_MS }),
            ...(refreshTimeoutMs && { slotsRefreshTimeout: refreshTimeoutMs }),
            ...(nodes === 'inside' && { natMap: outsideOf }),
          },
        },
      };
    case 'factory':
      return { connect: () => factory.make({ ...there, connectionName: NAME }) };
  }
}
