import { scopedGet } from '../peers/ours.js';
import { ioredisPerCall } from '../peers/per-call.js';
import { genericPoolByHand, idealisedFreeList, nodeRedisClientPool, poolSize } from '../peers/pooled.js';
import { oneIoredis, onePipelinedIoredis } from '../peers/shared.js';
import { overTls } from '../situations/tls.js';
import { ours } from '../subjects.js';
import { callersScenario } from './callers.js';

export const tls = callersScenario(
  `Over TLS: GET of 100 bytes, ${poolSize} connections`,
  [
    scopedGet({ pool: true, maxConnections: poolSize }),
    genericPoolByHand,
    idealisedFreeList,
    nodeRedisClientPool,
    scopedGet({ isolation: 'shared' }, `${ours}, shared`),
    oneIoredis,
    onePipelinedIoredis,
  ],
  [50],
  [overTls],
);

export const perCallTls = callersScenario(
  'Over TLS, a connection for each call',
  [scopedGet({ pool: false }), ioredisPerCall],
  [10],
  [overTls],
);
