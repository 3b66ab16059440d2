import { expect, it } from 'vitest';
import { LaneSet } from '../../../src/cluster/lane-set.js';
import type { NodeLease, Router } from '../../../src/cluster/router.js';
import { FakeClock } from '../../support/fake-clock.js';

const leaseWith = (flaw?: 'lost' | 'unhealthy') =>
  ({ connection: { flaw }, release: () => undefined }) as unknown as NodeLease;

const lanesOf = (router = {} as Router) => {
  const user = { label: undefined, acquireTimeoutMs: 1_000, lost: () => {} };
  return new LaneSet(router, new FakeClock(), user, { opened: () => {}, failed: async () => {} });
};

it('keeps nothing of what it has left, however often it moves', () => {
  const lanes = lanesOf();
  for (let move = 0; move < 100; move += 1) {
    lanes.at(`node:${move % 2}`, true, leaseWith());
    lanes.leave();
  }
  expect(lanes.connections).toEqual([]);
});

it('but what was lost before it was left: its commands were lost with it', () => {
  const lanes = lanesOf();
  const lost = leaseWith('lost');
  lanes.at('one:1', true, lost);
  lanes.leave();
  const now = leaseWith('unhealthy');
  lanes.at('two:2', true, now);
  expect(lanes.connections).toEqual([now.connection, lost.connection]);
});
