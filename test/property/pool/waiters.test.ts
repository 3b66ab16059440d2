import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallPhase } from '../../../src/core/call.js';
import { Deadlines } from '../../../src/core/deadlines.js';
import { Ledger } from '../../../src/pool/ledger.js';
import { type Claim, Waiters } from '../../../src/pool/waiters.js';
import { FakeClock } from '../../support/fake-clock.js';

type Action =
  | { readonly does: 'join'; readonly timeoutMs: number }
  | { readonly does: 'grant' }
  | { readonly does: 'refuse' }
  | { readonly does: 'refuseAll' }
  | { readonly does: 'stop'; readonly which: number }
  | { readonly does: 'wait'; readonly ms: number };

const actionArbitrary: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('join' as const),
      timeoutMs: fc.constantFrom(5, 20, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom<Action>({ does: 'grant' }, { does: 'refuse' }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('refuseAll' as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('stop' as const), which: fc.nat(30) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 25 }) }),
  },
);

const MAX_PENDING = 8;

class FakeClaim implements Claim {
  phase: CallPhase | undefined;
  readonly label: string;

  constructor(
    readonly id: number,
    readonly acquireTimeoutMs: number,
  ) {
    this.label = String(id);
  }
}

it('behaves as a list: in order, each settled once, and a waiter that leaves leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actionArbitrary, { maxLength: 60 }), async (actions) => {
      const clock = new FakeClock();
      let model: { claim: FakeClaim; until: number }[] = [];
      const results = new Map<number, string[]>();
      const expected = new Map<number, string>();
      let left = 0;
      const ledger = new Ledger();
      const limits = { deadlines: new Deadlines(clock), ledger, maxPending: MAX_PENDING };
      const waiters = new Waiters<string>(limits, {
        phase: () => 'wait',
        timedOut: () => new Error('timed out'),
        left: () => {
          left += 1;
        },
      });
      const claims: FakeClaim[] = [];
      const settle = (claim: FakeClaim | undefined, how: string) => {
        if (!claim) return;
        model = model.filter((entry) => entry.claim !== claim);
        expected.set(claim.id, how);
      };
      const perform = (action: Action) => {
        if (action.does === 'join') {
          const claim = new FakeClaim(claims.length, action.timeoutMs);
          claims.push(claim);
          if (model.length < MAX_PENDING) model.push({ claim, until: clock.now() + action.timeoutMs });
          else
            expected.set(
              claim.id,
              `${MAX_PENDING} scopes wait already; maxPending is ${MAX_PENDING} (label: ${claim.id})`,
            );
          const note = (how: string) => results.set(claim.id, [...(results.get(claim.id) ?? []), how]);
          waiters.join(claim, clock.now(), 0).then(note, (error: Error) => note(error.message));
        } else if (action.does === 'grant') {
          settle(model[0]?.claim, 'granted');
          waiters.grant('granted');
        } else if (action.does === 'refuse') {
          settle(model[0]?.claim, 'refused');
          waiters.refuse(() => new Error('refused'));
        } else if (action.does === 'refuseAll') {
          for (const { claim } of [...model]) settle(claim, 'refused');
          waiters.refuseAll(() => new Error('refused'));
        } else if (action.does === 'stop') {
          const claim = claims[action.which];
          if (model.some((entry) => entry.claim === claim)) settle(claim, 'stopped');
          claim?.phase?.stop(new Error('stopped'), 'aborted');
        } else {
          const now = clock.now() + action.ms;
          for (const { claim, until } of [...model]) if (until <= now) settle(claim, 'timed out');
          clock.advance(action.ms);
        }
      };
      for (const action of actions) {
        perform(action);
        expect(waiters.queue.size).toBe(model.length);
        expect(waiters.head).toBe(model[0]?.claim);
        expect(clock.pending > 0).toBe(model.some(({ until }) => until !== Number.POSITIVE_INFINITY));
      }
      await new Promise(setImmediate);
      expect(results).toEqual(new Map([...expected].map(([id, how]) => [id, [how]])));
      const ended = (end: string) => [...expected.values()].filter((how) => how === end).length;
      expect(ledger).toMatchObject({ cancelled: ended('stopped'), timeouts: ended('timed out') });
      expect(left).toBe(ledger.cancelled + ledger.timeouts);
      for (const claim of claims) if (expected.has(claim.id)) expect(claim.phase).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
