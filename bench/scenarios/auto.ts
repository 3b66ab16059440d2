import { ourMix, pooledMixByHand, splitMixByHand } from '../peers/mixed.js';
import { ourExclusive } from '../subjects.js';
import { callersScenario } from './callers.js';

export const auto = callersScenario(
  'Auto: 95 % GET and 5 % WATCH, GET, MULTI, SET, EXEC',
  [
    ourMix({ pool: true, isolation: 'auto' }),
    ourMix({ pool: true }, ourExclusive),
    pooledMixByHand,
    splitMixByHand,
  ],
  [256],
);
