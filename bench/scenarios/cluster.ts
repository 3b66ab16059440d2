import { Cluster } from 'ioredis';
import { startRedisCluster } from '../../test/support/redis-cluster.js';
import { ioredisByHand, nodeRedisByHand, ourCluster } from '../peers/cluster.js';
import { scopedGet } from '../peers/ours.js';
import { poolSize } from '../peers/pooled.js';
import type { Bench, Scenario } from '../scenario.js';
import { ours, singleServer } from '../subjects.js';
import { callersScenario } from './callers.js';

type Nodes = Parameters<typeof ourCluster>[0];

/** Three masters on the same machine; all read one key, so that one node serves, as the single server does. */
export const cluster: Scenario = {
  title: `Cluster of three: GET of 100 bytes, ${poolSize} connections`,
  async run(bench) {
    const servers = await startRedisCluster({ masters: 3, replicas: false });
    try {
      await store(bench, servers.seeds);
      return [
        ...(await compareShared(servers.seeds).run(bench)),
        ...(await compareExclusive(servers.seeds).run(bench)),
      ];
    } finally {
      await servers.stop();
    }
  },
};

const compareShared = (nodes: Nodes) =>
  callersScenario(
    '',
    [
      ourCluster(nodes, { isolation: 'shared' }),
      ourCluster(nodes, { isolation: 'auto', maxConnections: poolSize }, `${ours}, auto`),
      ioredisByHand(nodes),
      ioredisByHand(nodes, true),
      nodeRedisByHand(nodes),
    ],
    [50],
    [{ name: 'shared', around: (bench, use) => use(bench) }],
  );

const exclusive = { pool: true, maxConnections: poolSize };

const compareExclusive = (nodes: Nodes) =>
  callersScenario(
    '',
    [ourCluster(nodes, exclusive), scopedGet(exclusive, singleServer)],
    [50],
    [{ name: 'exclusive by key', around: (bench, use) => use(bench) }],
  );

async function store({ key, value }: Bench, nodes: Nodes): Promise<void> {
  const client = new Cluster([...nodes]);
  await client.set(key, value);
  client.disconnect();
}
