import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../../src/core/backoff.js';
import { Call } from '../../../src/core/call.js';
import { Deadlines } from '../../../src/core/deadlines.js';
import { ClosedError } from '../../../src/core/errors.js';
import { type Attempted, retrying } from '../../../src/core/retry.js';
import { FakeClock } from '../../support/fake-clock.js';

/** Of those that no other attempt could end without. */
const hopeless = new ClosedError('closed');

const attemptArbitrary: fc.Arbitrary<Attempted<number>> = fc.record({
  outcome: fc.oneof(
    fc.record({ ok: fc.constant(true as const), value: fc.nat() }),
    fc.record({ ok: fc.constant(false as const), error: fc.nat() }),
    fc.record({ ok: fc.constant(false as const), error: fc.constant(hopeless) }),
  ),
  safe: fc.boolean(),
});

const policyArbitrary = fc.record({
  attempts: fc.integer({ min: 1, max: 6 }),
  delayMs: fc.integer({ min: 1, max: 100 }),
  maxDelayMs: fc.integer({ min: 1, max: 500 }),
  factor: fc.constantFrom(1, 2, 3),
  jitter: fc.constantFrom('none' as const, 'full' as const),
  idempotent: fc.boolean(),
});

it('repeats exactly what may be repeated, and holds no attempt during a delay', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(attemptArbitrary, { minLength: 6, maxLength: 6 }),
      policyArbitrary,
      fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
      async (script, policy, abortAfterMs) => {
        const clock = new FakeClock();
        const controller = new AbortController();
        const limits = {
          label: undefined,
          signal: controller.signal,
          deadlineMs: Number.POSITIVE_INFINITY,
          acquireTimeoutMs: 1,
          isolation: 'exclusive' as const,
        };
        const call = new Call(limits, undefined, new Deadlines(clock), clock.now());
        if (abortAfterMs !== undefined) clock.after(abortAfterMs, () => controller.abort('aborted'));
        const started: number[] = [];
        const delays: number[] = [];
        let done = false;
        const running = retrying(
          call,
          { ...policy, when: undefined },
          {
            clock,
            random: () => 0.5,
            sleeping: new Set(),
            onRetry: (_, delayMs) => delays.push(delayMs),
            goesOn: () => !call.stopped,
          },
          async (attempt) => {
            started.push(attempt);
            return script[attempt - 1] as Attempted<number>;
          },
        ).finally(() => {
          done = true;
        });
        for (let step = 0; step < 60 && !done; step++) {
          await new Promise(setImmediate);
          clock.advance(50);
        }
        const outcome = await running;
        call.end();
        let last = 1;
        const again = (n: number) => {
          const { outcome, safe } = script[n - 1] as Attempted<number>;
          const repeatable = !outcome.ok && outcome.error !== hopeless;
          return n < policy.attempts && repeatable && (safe || policy.idempotent);
        };
        while (again(last)) last += 1;
        const wasCut = outcome.ok === false && outcome.error === 'aborted';
        if (wasCut) expect(started.length).toBeLessThanOrEqual(last);
        else {
          expect(started).toEqual(Array.from({ length: last }, (_, i) => i + 1));
          expect(outcome).toBe((script[last - 1] as Attempted<number>).outcome);
        }
        for (const [i, delay] of delays.entries()) {
          const longest = Math.min(policy.delayMs * policy.factor ** i, policy.maxDelayMs);
          expect(delay).toBe(policy.jitter === 'full' ? longest / 2 : longest);
        }
        expect(clock.pending).toBeLessThanOrEqual(abortAfterMs === undefined ? 0 : 1);
      },
    ),
    { numRuns: 150 },
  );
});

it('never waits longer than maxDelayMs, and with full jitter anything from none to all of it', () => {
  fc.assert(
    fc.property(
      policyArbitrary,
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (policy, attempt, random) => {
        const delay = backoffMs(policy, attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
      },
    ),
  );
});
