import type { Maker } from '../peers/contenders.js';
import { memoryUrl } from '../peers/memory-socket.js';
import { scopedGet } from '../peers/ours.js';
import { genericPoolByHand, idealisedFreeList, tarnByHand } from '../peers/pooled.js';
import { oneIoredis, onePipelinedIoredis } from '../peers/shared.js';
import { ours } from '../subjects.js';
import { callersScenario } from './callers.js';

const inMemory =
  (make: Maker): Maker =>
  (bench) =>
    make({ ...bench, url: memoryUrl });

/** What is left of a scope without the system calls, which take most of the time and differ from machine to machine. */
export const overhead = callersScenario(
  'The same without a network: real ioredis clients that talk to memory',
  [
    scopedGet({ pool: true }),
    genericPoolByHand,
    idealisedFreeList,
    tarnByHand,
    scopedGet({ pool: true, isolation: 'shared' }, `${ours}, shared`),
    scopedGet({ pool: true, isolation: 'auto' }, `${ours}, auto`),
    oneIoredis,
    onePipelinedIoredis,
  ].map(inMemory),
  [1, 10, 50, 256],
);
