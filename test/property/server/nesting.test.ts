import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Call } from '../../../src/core/call.js';
import { NestedScopeError } from '../../../src/index.js';
import { Instance } from '../../../src/instance/instance.js';
import { readOptions } from '../../../src/options/settings.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnections } from '../../support/fake-connections.js';
import { runOn } from '../../support/run-on.js';

interface ScopeProgram {
  readonly isolation: Call['isolation'];
  /** One after the other; the scopes of one step at the same time. A step without any takes a moment. */
  readonly steps: readonly (readonly ScopeProgram[])[];
  /** Goes on although a scope inside it was refused. */
  readonly stubborn: boolean;
}

const scopeOf = (depth: number): fc.Arbitrary<ScopeProgram> =>
  fc.record({
    isolation: fc.constantFrom('exclusive' as const, 'exclusive' as const, 'shared' as const),
    steps: fc.array(
      fc.array(depth === 0 ? fc.constant(undefined as never) : scopeOf(depth - 1), {
        maxLength: depth === 0 ? 0 : 2,
      }),
      {
        maxLength: 3,
      },
    ),
    stubborn: fc.boolean(),
  });

const programs = fc.record({
  scopes: fc.array(scopeOf(3), { minLength: 1, maxLength: 4 }),
  maxConnections: fc.integer({ min: 1, max: 3 }),
  pool: fc.boolean(),
  /** Which of the things that could happen next does. */
  choices: fc.array(fc.nat(7), { minLength: 1, maxLength: 20 }),
});
type Program = typeof programs extends fc.Arbitrary<infer P> ? P : never;

it('refuses a scope exactly where all would wait for each other for ever', async () => {
  const seen = { deadlocks: 0, others: 0 };
  await fc.assert(
    fc.asyncProperty(programs, async (program) => {
      const allowed = await play(program, 'allow');
      const detected = await play(program, 'detect');
      expect(detected.settled).toBe(true);
      expect(detected.unfounded).toEqual([]);
      expect(detected.refused > 0).toBe(!allowed.settled);
      seen[allowed.settled ? 'others' : 'deadlocks'] += 1;
    }),
    { numRuns: 600 },
  );
  // Else the programs would prove nothing.
  expect(Math.min(seen.deadlocks, seen.others)).toBeGreaterThan(30);
});

interface Played {
  /** False where nothing happens any more, and yet not all scopes have ended. */
  readonly settled: boolean;
  readonly refused: number;
  /** Refusals for which our own account of who holds what and waits for what gives no reason. */
  readonly unfounded: readonly string[];
}

/** A running scope, and which of those inside it have not begun. */
interface Node {
  readonly isolation: Call['isolation'];
  running: boolean;
  waiting: boolean;
  readonly inside: Node[];
}

/** The same program and choices give the same run, as far as the first refusal. */
async function play(
  { scopes, maxConnections, pool, choices }: Program,
  nested: 'allow' | 'detect',
): Promise<Played> {
  const tasks: (() => void)[] = [];
  const schedule = <T>(_label: string, produce: () => T) =>
    new Promise<T>((resolve) => tasks.push(() => resolve(produce())));
  const clock = new FakeClock();
  const connections = new FakeConnections(schedule, () => false);
  const limits = { acquireTimeoutMs: Infinity, deadlineMs: Infinity };
  const settings = readOptions({ url: 'redis://fake', maxConnections, pool, nested, ...limits });
  const instance = new Instance(settings, { clock, random: () => 0.5, createDriver: () => connections });
  const all: Node[] = [];
  const unfounded: string[] = [];
  let refused = 0;

  const start = async ({ isolation, steps, stubborn }: ScopeProgram, siblings: Node[]): Promise<void> => {
    const node: Node = { isolation, running: false, waiting: true, inside: [] };
    siblings.push(node);
    all.push(node);
    const body = async () => {
      node.running = true;
      node.waiting = false;
      for (const step of steps) {
        if (step.length === 0) await schedule('a moment', () => {});
        const inside = step.map((each) => start(each, node.inside));
        await (stubborn ? Promise.allSettled(inside) : Promise.all(inside));
      }
    };
    try {
      await runOn(instance, body, { isolation });
    } catch (error) {
      if (node.waiting && error instanceof NestedScopeError) {
        refused += 1;
        if (!isDeadlock(all, maxConnections)) unfounded.push(`${all.length} scopes`);
      }
      throw error;
    } finally {
      node.running = false;
      node.waiting = false;
    }
  };

  const ends = scopes.map((each) => start(each, []));
  let settled = false;
  const over = Promise.allSettled(ends).then(() => {
    settled = true;
  });
  // Time may have to pass, for a shared connection is kept for a moment after its last scope.
  for (let turn = 0, idle = 0; !settled && idle < 5; turn++) {
    await quiet(() => all.length + refused);
    const index = (choices[turn % choices.length] as number) % Math.max(1, tasks.length);
    const [task] = tasks.splice(index, 1);
    idle = task ? 0 : idle + 1;
    if (task) task();
    else clock.advance(50);
  }
  const played = { settled, refused, unfounded };
  await close(instance, clock, tasks, over);
  return played;
}

/** A turn of the event loop for a verdict, and some for what follows from it, until nothing does any more. */
async function quiet(progress = () => 0): Promise<void> {
  for (let seen = -1; seen !== progress(); ) {
    seen = progress();
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function close(instance: Instance, clock: FakeClock, tasks: (() => void)[], over: Promise<unknown>) {
  let closed = false;
  void Promise.all([instance.close({ deadlineMs: 10 }), over]).then(() => {
    closed = true;
  });
  while (!closed) {
    clock.advance(20);
    await quiet();
    for (const task of tasks.splice(0)) task();
  }
}

/** Every connection has a scope on it inside which another one waits; all shared scopes are on one. */
function isDeadlock(all: readonly Node[], maxConnections: number): boolean {
  const running = all.filter(({ running }) => running);
  const shared = running.filter(({ isolation }) => isolation === 'shared');
  const exclusive = running.filter(({ isolation }) => isolation === 'exclusive');
  const held = exclusive.length + (shared.length > 0 ? 1 : 0);
  const stuck = exclusive.every(waitsInside) && (shared.length === 0 || shared.some(waitsInside));
  return held === maxConnections && stuck;
}

function waitsInside({ inside }: Node): boolean {
  return inside.some((node) => node.waiting || (node.running && waitsInside(node)));
}
