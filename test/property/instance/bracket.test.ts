import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Instance } from '../../../src/instance/instance.js';
import { readOptions } from '../../../src/options/settings.js';
import { clientOf } from '../../support/client-of.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnections } from '../../support/fake-connections.js';
import { expectBalanced } from '../../support/harness.js';

/** What one call does and what is done to it. */
const callArbitrary = fc.record({
  ending: fc.constantFrom('returns', 'throws', 'throws at once', 'never ends'),
  aborts: fc.boolean(),
  attempts: fc.integer({ min: 1, max: 3 }),
});

const programArbitrary = fc.record({
  calls: fc.array(callArbitrary, { minLength: 1, maxLength: 8 }),
  maxConnections: fc.integer({ min: 1, max: 3 }),
  maxPending: fc.integer({ min: 0, max: 8 }),
  pool: fc.boolean(),
  refused: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
  losses: fc.integer({ min: 0, max: 3 }),
  closes: fc.boolean(),
});

it('any interleaving of grants, endings, aborts, losses, deadlines and close: every call settles once, nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), programArbitrary, async (scheduler, program) => {
      const world = createWorld(scheduler, program);
      const settled = program.calls.map((call, id) => world.start(id, call));
      for (let loss = 0; loss < program.losses; loss++)
        void world.schedule('lose one', () => world.loseOne());
      if (program.closes) void world.schedule('close', () => void world.instance.close({ deadlineMs: 50 }));
      await scheduler.waitIdle();
      // Whatever is left is ended by the deadline of its call.
      for (let step = 0; step < 40; step++) {
        world.clock.advance(50);
        await scheduler.waitIdle();
        world.check();
      }
      const outcomes = await Promise.all(settled);
      expect(outcomes).toHaveLength(program.calls.length);
      const closing = world.instance.close({ deadlineMs: 10 });
      for (let step = 0; step < 3; step++) {
        await scheduler.waitIdle();
        world.clock.advance(20);
      }
      await scheduler.waitFor(closing);
      expect(world.instance.stats()).toMatchObject({ idle: 0, borrowed: 0, pending: 0, connecting: 0 });
      expect(world.connections.open).toBe(0);
      expect(world.clock.pending).toBe(0);
      world.check();
    }),
    { numRuns: 400 },
  );
});

type Program = typeof programArbitrary extends fc.Arbitrary<infer P> ? P : never;
type CallProgram = Program['calls'][number];

function createWorld(scheduler: fc.Scheduler, program: Program) {
  const clock = new FakeClock();
  const schedule = <T>(label: string, produce: () => T) =>
    scheduler.schedule(Promise.resolve(), label).then(() => produce());
  const connections = new FakeConnections(schedule, (dial) => program.refused.includes(dial));
  const { maxConnections, maxPending, pool } = program;
  const settings = readOptions({ url: 'redis://fake', maxConnections, maxPending, pool, deadlineMs: 1_000 });
  const instance = new Instance(settings, { clock, random: () => 0.5, createDriver: () => connections });
  const holders = new Map<unknown, number>();
  const violations: string[] = [];
  return {
    clock,
    connections,
    instance,
    schedule,
    loseOne: () => {
      const alive = connections.live.filter(({ client }) => client.status === 'ready');
      if (alive[0]) connections.lose(alive[0]);
    },
    check: () => {
      expectBalanced(instance.stats());
      expect(connections.mostOpen).toBeLessThanOrEqual(maxConnections);
      expect(violations).toEqual([]);
    },
    /** Resolves however the call ends: that it does is the property. */
    start: async (id: number, call: CallProgram): Promise<string> => {
      const controller = new AbortController();
      if (call.aborts) void schedule(`abort ${id}`, () => controller.abort(`aborted ${id}`));
      let inside = 0;
      const fn = (redis: object): unknown => {
        const client = clientOf(redis);
        holders.set(client, (holders.get(client) ?? 0) + 1);
        if (holders.get(client) !== 1) violations.push(`call ${id} got a connection that is in use`);
        if (++inside > call.attempts) violations.push(`call ${id} ran ${inside} times`);
        const leave = () => void holders.set(client, (holders.get(client) ?? 0) - 1);
        if (call.ending === 'never ends') return new Promise(() => leave());
        if (call.ending === 'throws at once') {
          leave();
          throw new Error(`thrown ${id}`);
        }
        return schedule(`end of ${id}`, () => {
          leave();
          if (call.ending === 'throws') throw new Error(`thrown ${id}`);
          return `value ${id}`;
        });
      };
      const { attempts } = call;
      const options = { signal: controller.signal, retry: { attempts, delayMs: 10 } };
      return instance.run(`call ${id}`, fn as never, options).then(
        (value) => {
          expect(value).toBe(`value ${id}`);
          return 'resolved';
        },
        (error: unknown) => {
          if (error === `aborted ${id}`) expect(call.aborts).toBe(true);
          return 'rejected';
        },
      );
    },
  };
}
