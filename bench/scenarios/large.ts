import { scopedGet } from '../peers/ours.js';
import { ourPipeline, pipelineByHand, sharedPipeline } from '../peers/pipelines.js';
import { genericPoolByHand, idealisedFreeList, poolSize } from '../peers/pooled.js';
import { oneIoredis } from '../peers/shared.js';
import { large } from '../situations/large.js';
import { ours } from '../subjects.js';
import { callersScenario } from './callers.js';

export const largeValues = callersScenario(
  `Large values: GET, ${poolSize} connections`,
  [
    scopedGet({ pool: true, maxConnections: poolSize }),
    genericPoolByHand,
    idealisedFreeList,
    scopedGet({ isolation: 'shared' }, `${ours}, shared`),
    oneIoredis,
  ],
  [10],
  [large(10), large(100)],
);

export const pipelines = callersScenario(
  'Pipelines of 100 GETs of 100 bytes',
  [
    ourPipeline({ pool: true, maxConnections: poolSize }),
    pipelineByHand,
    ourPipeline({ isolation: 'shared' }, `${ours}, shared`),
    sharedPipeline,
  ],
  [1, 10],
);
