import { scopedGet } from '../peers/ours.js';
import { nodeRedisClientPool } from '../peers/pooled.js';
import { oneIoredis, oneNodeRedis, onePipelinedIoredis } from '../peers/shared.js';
import { callersScenario } from './callers.js';

export const shared = callersScenario(
  'Shared: GET of 100 bytes over one connection',
  [
    scopedGet({ pool: true, isolation: 'shared' }),
    oneIoredis,
    onePipelinedIoredis,
    oneNodeRedis,
    nodeRedisClientPool,
  ],
  [1, 10, 50, 256],
);
