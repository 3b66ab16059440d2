import type { Scenario } from '../../scenario.js';
import { measureAborts } from './aborts.js';
import { measureBurst } from './burst.js';
import { measureQueueCost } from './queue-cost.js';
import { measureWaiterSize } from './waiter-size.js';

export const scale: Scenario = {
  title: 'Scale: thousands of waiting scopes, 10 connections',
  run: async (bench) => [
    ...(await measureWaiterSize(bench)),
    ...(await measureAborts(bench)),
    ...(await measureQueueCost(bench)),
    ...(await measureBurst(bench)),
  ],
};
