import { scopedGet } from '../peers/ours.js';
import {
  ioredisPerCall,
  nodeRedisClientPerCall,
  rawGetPerCall,
  rawSocketPerCall,
} from '../peers/per-call.js';
import { callersScenario } from './callers.js';

/** Our default bound on connections, so that none of ours waits. */
const callers = 10;

export const perCall = callersScenario(
  'A connection for each call: dial, GET of 100 bytes, close',
  [scopedGet({ pool: false }), ioredisPerCall, nodeRedisClientPerCall, rawSocketPerCall, rawGetPerCall],
  [callers],
);
