import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { programs } from './program.js';
import { Ground, World } from './world.js';

const BUDGET_MS = Number(process.env.CHAOS_MS ?? 35_000);
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.clear());

it(`random programs on a faulty network, seed ${seed}: no leak, no foreign state, no late call`, {
  timeout: BUDGET_MS + 60_000,
}, async () => {
  let ran = 0;
  let scopes = 0;
  await fc.assert(
    fc.asyncProperty(programs, async (program) => {
      const world = new World(ground, program);
      await world.run();
      ran += 1;
      scopes += world.scopes;
      if (world.violations.length > 0) throw new Error([...new Set(world.violations)].join('\n'));
    }),
    {
      seed,
      includeErrorInReport: true,
      numRuns: 1_000_000,
      interruptAfterTimeLimit: BUDGET_MS,
      // A program on a real server does not repeat itself exactly, so what shrinks is not what failed.
      endOnFailure: process.env.CHAOS_SHRINK === undefined,
    },
  );
  console.info(`chaos: seed ${seed}, ${ran} programs, ${scopes} scopes`);
});
