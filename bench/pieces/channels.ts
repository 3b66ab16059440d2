import { tracingChannel } from 'node:diagnostics_channel';
import { isTraced } from '../../src/observe/channels.js';
import type { PieceGroup } from './piece.js';

const silent = tracingChannel('with-redis-bench:silent');
let kept: unknown;

/** What a scope pays for its channels while nobody listens; it asks three of them. */
export const channels: PieceGroup = {
  group: 'a tracing channel that nobody listens to',
  alternatives: [
    {
      name: 'asked first, and nothing is built',
      run(times) {
        for (let time = 0; time < times; time += 1) {
          if (isTraced(silent as never)) kept = { name: 'x', label: undefined, attempt: time };
        }
      },
    },
    {
      name: 'five messages that nobody gets',
      run(times) {
        const { start, end, asyncStart, asyncEnd, error } = silent;
        for (let time = 0; time < times; time += 1) {
          kept = { name: 'x', label: undefined, attempt: time };
          for (const step of [start, end, asyncStart, asyncEnd, error]) step.publish(kept);
        }
      },
    },
  ],
};

export const lastMessage = () => kept;
