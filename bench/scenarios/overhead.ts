import type { Maker } from '../peers/contenders.js';
import { memoryUrl } from '../peers/memory-socket.js';
import { scopedGet } from '../peers/ours.js';
import { genericPoolByHand, idealisedFreeList, tarnByHand } from '../peers/pooled.js';
import { oneIoredis, onePipelinedIoredis } from '../peers/shared.js';
import { callersScenario } from './callers.js';

const inMemory =
  (make: Maker): Maker =>
  (bench) =>
    make({ ...bench, url: memoryUrl });

const numbersOfCallers = [1, 50];

/** What is left of a scope without the system calls, which take most of the time and differ from machine to machine. */
export const pooledOverhead = callersScenario(
  'Exclusive, pooled, without a network: real ioredis clients that talk to memory',
  [scopedGet({ pool: true }), genericPoolByHand, idealisedFreeList, tarnByHand].map(inMemory),
  numbersOfCallers,
);

/** In a process of its own: code that serves both isolations is slower than code that serves one. */
export const sharedOverhead = callersScenario(
  'Shared, without a network: real ioredis clients that talk to memory',
  [scopedGet({ pool: true, isolation: 'shared' }), oneIoredis, onePipelinedIoredis].map(inMemory),
  numbersOfCallers,
);
