import { scopedGet } from '../peers/ours.js';
import { genericPoolByHand, idealisedFreeList, nodeRedisClientPool, poolSize } from '../peers/pooled.js';
import { oneIoredis, onePipelinedIoredis } from '../peers/shared.js';
import { beside } from '../situations/beside.js';
import { callersScenario } from './callers.js';

export const pooledBeside = callersScenario(
  `Beside other clients, exclusive and pooled: GET of 100 bytes, ${poolSize} connections`,
  [
    scopedGet({ pool: true, maxConnections: poolSize }),
    genericPoolByHand,
    idealisedFreeList,
    nodeRedisClientPool,
  ],
  [1, 50, 256],
  [beside],
);

export const sharedBeside = callersScenario(
  'Beside other clients, shared: GET of 100 bytes over one connection',
  [scopedGet({ isolation: 'shared' }), oneIoredis, onePipelinedIoredis, nodeRedisClientPool],
  [1, 10, 50, 256],
  [beside],
);
