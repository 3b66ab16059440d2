import { byHand, freeList, ioredisPerCall as ioredisByHand, ours, plainIoredis } from '../subjects.js';
import type { Maker } from './contenders.js';
import { scopedGet } from './ours.js';
import { ioredisPerCall } from './per-call.js';
import { genericPoolByHand, idealisedFreeList, poolSize } from './pooled.js';
import { oneIoredis } from './shared.js';

export const ourPool = ours;
export const ourShared = `${ours}, shared`;
export const ourPerCall = `${ours}, per call`;

/** Each of them alone in a process. */
export const coldContenders: Readonly<Record<string, Maker>> = {
  [ourPool]: scopedGet({ pool: true, maxConnections: poolSize }),
  [byHand]: genericPoolByHand,
  [freeList]: idealisedFreeList,
  [ourShared]: scopedGet({ isolation: 'shared' }),
  [plainIoredis]: oneIoredis,
  [ourPerCall]: scopedGet({ pool: false }),
  [ioredisByHand]: ioredisPerCall,
};
