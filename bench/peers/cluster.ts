import { once } from 'node:events';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import type { WithRedisOptions } from 'with-redis';
import { createWithRedis } from 'with-redis';
import { ioredisCluster, nodeRedisCluster, ours, pipelinedCluster } from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeOurs } from './ours.js';

type Nodes = readonly { readonly host: string; readonly port: number }[];

/** A scope that is told its key, so that an exclusive one knows its node. */
export function ourCluster(nodes: Nodes, options: WithRedisOptions, name = ours): Maker {
  return ({ key }) => {
    const cache = createWithRedis({ cluster: { nodes: [...nodes] }, ...options });
    const run = () => cache((redis) => redis.get(key), { key });
    return { name, run, close: () => closeOurs(cache) };
  };
}

export function ioredisByHand(nodes: Nodes, enableAutoPipelining = false): Maker {
  const name = enableAutoPipelining ? pipelinedCluster : ioredisCluster;
  return async ({ key }) => {
    const cluster = new Cluster([...nodes], { enableAutoPipelining, lazyConnect: true });
    await cluster.connect();
    const close = async () => {
      const ended = once(cluster, 'end');
      cluster.disconnect();
      await ended;
    };
    return { name, run: () => cluster.get(key), close };
  };
}

export function nodeRedisByHand(nodes: Nodes): Maker {
  return async ({ key }) => {
    const rootNodes = nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }));
    const cluster = createCluster({ rootNodes });
    await cluster.connect();
    return { name: nodeRedisCluster, run: () => cluster.get(key), close: () => cluster.close() };
  };
}
