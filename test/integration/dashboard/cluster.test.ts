import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDashboard, storeMarketIndices } from '../../../src/dashboard/index.js';
import { useInstances } from '../../support/harness.js';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';
import { createRecorder } from './recorder.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster({ replicas: false });
});
afterAll(() => cluster.stop());

const create = useInstances(() => ({ cluster: { nodes: cluster.seeds.slice(0, 1) } }));

test('an instance of a cluster, in its default isolation, is read from and written to', async () => {
  const withRedis = create();
  const { logger } = createRecorder();
  const data = { success: true, indices: { vn30: { value: 1345.1, error: null } } };
  for (const key of ['one', 'two', 'three', 'four']) {
    await storeMarketIndices(data, { withRedis, key });
    expect(await withRedis((redis) => redis.get(key), { key })).toBe(JSON.stringify(data));
    await withRedis((redis) => redis.set(key, '{"btc":1}'), { key });
    expect(await readDashboard({ withRedis, key, logger, attempts: 1 })).toMatchObject({
      status: 'ok',
      data: { btc_price: 1 },
    });
  }
});
