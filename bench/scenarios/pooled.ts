import { scopedGet } from '../peers/ours.js';
import {
  genericPoolByHand,
  idealisedFreeList,
  nodeRedisClientPool,
  poolSize,
  tarnByHand,
} from '../peers/pooled.js';
import { callersScenario } from './callers.js';

export const pooled = callersScenario(
  `Exclusive, pooled: GET of 100 bytes, ${poolSize} connections`,
  [
    scopedGet({ pool: true, maxConnections: poolSize }),
    genericPoolByHand,
    idealisedFreeList,
    tarnByHand,
    nodeRedisClientPool,
  ],
  [1, 10, 50, 256],
);
