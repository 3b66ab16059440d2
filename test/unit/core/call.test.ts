import { expect, it } from 'vitest';
import { Call } from '../../../src/core/call.js';
import { Deadlines } from '../../../src/core/deadlines.js';
import { FakeClock } from '../../support/fake-clock.js';

function calling(clock: FakeClock, deadlineMs: number): Call {
  const limits = {
    label: undefined,
    signal: undefined,
    acquireTimeoutMs: 1_000,
    isolation: 'exclusive',
  } as const;
  return new Call({ ...limits, deadlineMs }, undefined, new Deadlines(clock), clock.now());
}

it('says by the wall clock when it has to be over, the same whenever it is asked', () => {
  const clock = new FakeClock();
  const endsAt = clock.wall() + 100;
  const call = calling(clock, 100);
  clock.advance(40);
  expect(call.deadlineAt).toBe(endsAt);
  clock.advance(40);
  expect(call.deadlineAt).toBe(endsAt);
  expect(calling(clock, Number.POSITIVE_INFINITY).deadlineAt).toBe(Number.POSITIVE_INFINITY);
});

it('has run into its deadline while it waited, where its function was not entered yet', () => {
  const call = calling(new FakeClock(), 100);
  call.expire();
  expect(call.stopped?.error).toMatchObject({ phase: 'wait' });
});
