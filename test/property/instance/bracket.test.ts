import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ClosedError, type Scope } from '../../../src/index.js';
import { Instance } from '../../../src/instance/instance.js';
import { readOptions } from '../../../src/options/settings.js';
import { clientOf } from '../../support/client-of.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnections } from '../../support/fake-connections.js';
import { expectBalanced } from '../../support/harness.js';
import { runOn } from '../../support/run-on.js';

/**
 * What one call does and what is done to it. It sends no commands: what an argument that cannot be written breaks is
 * ioredis's own queue, which a fake client could only pretend to have; test/simulation draws those, with the real ioredis.
 */
const callArbitrary = fc.record({
  kind: fc.constantFrom('scope', 'scope', 'scope', 'acquire'),
  isolation: fc.constantFrom('exclusive', 'shared', 'auto'),
  ending: fc.constantFrom(
    'returns',
    'throws',
    'throws at once',
    'throws what may not be looked into',
    'never ends',
  ),
  /** By itself, or in the very turn in which another call settles, as a hedge does. */
  aborts: fc.constantFrom('never', 'never', 'some time', 'after another'),
  attempts: fc.integer({ min: 1, max: 3 }),
  /** Opens another scope inside its own. */
  nests: fc.boolean(),
});

const programArbitrary = fc.record({
  calls: fc.array(callArbitrary, { minLength: 1, maxLength: 8 }),
  maxConnections: fc.integer({ min: 2, max: 3 }),
  maxPending: fc.integer({ min: 0, max: 8 }),
  pool: fc.boolean(),
  refused: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
  losses: fc.integer({ min: 0, max: 3 }),
  /** Servers that are gone and do not say so. */
  silences: fc.integer({ min: 0, max: 2 }),
  /** By how much the wall clock is set, in ms. */
  clockSteps: fc.array(fc.integer({ min: -20_000, max: 20_000 }), { maxLength: 2 }),
  nested: fc.constantFrom('allow', 'detect', 'reuse', 'forbid'),
  /** A hook that aborts what it hears of. */
  hooks: fc.boolean(),
  closes: fc.boolean(),
});

it('any interleaving of grants, endings, aborts, losses, deadlines and close: every call settles once, nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), programArbitrary, async (scheduler, program) => {
      const world = createWorld(scheduler, program);
      const settled = program.calls.map((call, id) => world.start(id, call));
      for (let loss = 0; loss < program.losses; loss++)
        void world.schedule('lose one', () => world.loseOne());
      for (let silence = 0; silence < program.silences; silence++)
        void world.schedule('silence one', () => world.silenceOne());
      for (const step of program.clockSteps)
        void world.schedule('set the clock', () => {
          world.clock.wallOffset += step;
        });
      if (program.closes) void world.schedule('close', () => void world.instance.close({ deadlineMs: 50 }));
      await scheduler.waitIdle();
      // Whatever is left is ended by the deadline of its call.
      for (let step = 0; step < 40; step++) {
        world.clock.advance(50);
        await scheduler.waitIdle();
        world.check();
      }
      await world.comeBack();
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

const trap = () => {
  throw new Error('do not look');
};
const untouchable = new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap });

function createWorld(scheduler: fc.Scheduler, program: Program) {
  const clock = new FakeClock();
  const schedule = <T>(label: string, produce: () => T) =>
    scheduler.schedule(Promise.resolve(), label).then(() => produce());
  const connections = new FakeConnections(schedule, (dial) => program.refused.includes(dial), clock);
  const { maxConnections, maxPending, pool, nested } = program;
  const controllers = new Set<AbortController>();
  /** What is done in the turn in which a call settles. */
  const hedges: (() => void)[] = [];
  const onAcquire = () => {
    const [controller] = controllers;
    controller?.abort('aborted by a hook');
  };
  const observer = program.hooks ? { onAcquire } : {};
  const limits = { maxConnections, maxPending, deadlineMs: 1_000 };
  const settings = readOptions({ url: 'redis://fake', ...limits, pool, nested, observer });
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
    silenceOne: () => {
      const idle = connections.live.find(
        ({ state, client }) => state === 'idle' && client.status === 'ready',
      );
      if (idle) connections.silence(idle);
    },
    /** What idled and is silent is replaced, once, whatever the wall clock says by then. */
    comeBack: async () => {
      const before = connections.dials;
      for (const idle of connections.live.filter(({ state }) => state === 'idle')) connections.silence(idle);
      for (const setBackMs of [0, 60_000]) {
        clock.wallOffset -= setBackMs;
        const call = runOn(instance, () => 1, {}, 'comes back').catch(() => undefined);
        for (let step = 0; step < 12; step++) {
          await scheduler.waitIdle();
          clock.advance(50);
        }
        await scheduler.waitFor(call);
      }
      expect(connections.dials - before).toBeLessThanOrEqual(6);
    },
    check: () => {
      expectBalanced(instance.stats());
      expect(connections.mostOpen).toBeLessThanOrEqual(maxConnections);
      expect(violations).toEqual([]);
    },
    /** Resolves however the call ends: that it does is the property. */
    start: async (id: number, call: CallProgram): Promise<string> => {
      const controller = new AbortController();
      const abort = () => controller.abort(`aborted ${id}`);
      if (call.aborts === 'some time') void schedule(`abort ${id}`, abort);
      if (call.aborts === 'after another') hedges.push(abort);
      if (program.hooks && id === 1) controllers.add(controller);
      const settles = <T>(settled: T): T => {
        hedges.shift()?.();
        return settled;
      };
      let inside = 0;
      const fn = (redis: object, { signal: end }: Scope): unknown => {
        const client = clientOf(redis);
        const isShared = call.isolation !== 'exclusive' && call.kind === 'scope';
        const weight = isShared ? 0.001 : 1;
        holders.set(client, (holders.get(client) ?? 0) + weight);
        const held = holders.get(client) ?? 0;
        if (isShared ? held >= 1 : held !== 1) violations.push(`call ${id} got a connection that is in use`);
        if (++inside > call.attempts) violations.push(`call ${id} ran ${inside} times`);
        let isIn = true;
        const leave = () => {
          if (isIn) holders.set(client, Math.round(((holders.get(client) ?? 0) - weight) * 1_000) / 1_000);
          isIn = false;
        };
        // Aborted, it may run on, but its handle is revoked: where it shared the connection, that is lent on.
        if (isShared) end.addEventListener('abort', leave);
        if (call.ending === 'never ends') return new Promise(() => leave());
        if (call.ending === 'throws at once') {
          leave();
          throw new Error(`thrown ${id}`);
        }
        if (call.ending === 'throws what may not be looked into') {
          leave();
          throw untouchable;
        }
        // However it ends: its connection is that of the scope around it, its own, or none.
        const nest = () =>
          call.nests
            ? runOn(
                instance,
                () => schedule(`end inside ${id}`, () => id),
                { isolation },
                `inside ${id}`,
              ).catch(() => undefined)
            : undefined;
        return schedule(`end of ${id}`, nest).then(() => {
          leave();
          if (call.ending === 'throws') throw new Error(`thrown ${id}`);
          return `value ${id}`;
        });
      };
      const { attempts, isolation } = call;
      const options = { signal: controller.signal, isolation, retry: { attempts, delayMs: 10 } };
      if (call.kind === 'acquire') {
        const { signal } = controller;
        return instance.acquire({ signal }).then(
          (lease) => schedule(`release ${id}`, () => lease.release()).then(() => settles('released')),
          () => settles('rejected'),
        );
      }
      return runOn(instance, fn, options, `call ${id}`).then(
        (value) => {
          expect(value).toBe(`value ${id}`);
          return settles('resolved');
        },
        (error: unknown) => {
          if (Object.is(error, untouchable)) return settles('rejected');
          if (error === `aborted ${id}`) expect(call.aborts).not.toBe('never');
          if (error instanceof ClosedError) expect(program.closes).toBe(true);
          expect(String(error)).not.toContain('do not look');
          return settles('rejected');
        },
      );
    },
  };
}
