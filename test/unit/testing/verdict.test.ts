import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/testing/verdict.js';

describe('growth, with ten calls at once,', () => {
  it.each([
    ['of nothing', [0, 0], 'ok'],
    ['that has stopped: a pool that is full', [60, 0], 'ok'],
    ['that has turned back', [60, -5], 'ok'],
    ['that goes on at its rate', [100, 100], 'leak'],
    ['at a tenth of the calls, no more than a pool could have', [10, 10], 'doubt'],
    ['at a tenth of the calls, for longer', [10, 10, 20], 'leak'],
    ['that slows down', [60, 20], 'doubt'],
    ['in one stretch', [200], 'doubt'],
    ['that is small but never ends', [1, 1, 1, 1], 'leak'],
  ] as const)('%s', (_, growth, verdict) => {
    expect(judge(growth, 10)).toBe(verdict);
  });
});
