import { scopedGet } from '../peers/ours.js';
import { genericPoolByHand, poolSize } from '../peers/pooled.js';
import { oneIoredis, onePipelinedIoredis } from '../peers/shared.js';
import { far } from '../situations/far.js';
import { ourExclusive } from '../subjects.js';
import { callersScenario } from './callers.js';

export const distant = callersScenario(
  `A server that is far: GET of 100 bytes, ${poolSize} connections`,
  [
    scopedGet({ isolation: 'auto', maxConnections: poolSize }),
    scopedGet({ pool: true, maxConnections: poolSize }, ourExclusive),
    genericPoolByHand,
    oneIoredis,
    onePipelinedIoredis,
  ],
  [256],
  [far(0.5), far(1), far(5)],
);
