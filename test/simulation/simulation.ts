import { listen, type Performance, perform } from './conductor.js';
import type { Feature } from './programs/features.js';
import { Generator } from './programs/generator.js';
import type { Program } from './programs/program.js';
import { real } from './world/globals.js';
import { Random } from './world/random.js';

/**
 * The program that belongs to a number. Scopes that know of each other need Node's async hooks, which make all of the
 * process slow from then on and for ever: only odd numbers have them, and those come last.
 */
export function programOf(seed: number, without: readonly Feature[]): Program {
  const left = seed % 2 === 1 ? without : [...without, 'nesting' as const];
  return new Generator(seed, left).program(seed);
}

/** The numbers of the programs of a run. */
export function* seedsOf(seed: number): Iterable<number> {
  const random = new Random(seed);
  for (;;) yield random.int(0, 2 ** 32 - 1);
}

/** For what is read from the disk. */
const READ_MS = 20;
/** Whoever fails always is not waited for. */
const TRIES = 20;

/** Whatever is loaded or read on first use is loaded by this, so that it does not disturb the first program. */
export async function warmUp(): Promise<void> {
  listen();
  for (const address of ['factory', 'url'] as const) {
    const base = programOf(0, []);
    const instance = { ...base.instance, address, pool: true };
    const scopes = [{ body: [{ do: 'echo', how: 0 }], catches: false }] as const;
    const program = { ...base, instance, steps: [{ do: 'scopes', scopes }] } as const;
    for (let tries = TRIES; tries > 0; tries--) {
      if ((await perform(program)).outcomes.get('resolved') === 1) break;
      await new Promise((resolve) => real.setTimeout(resolve, READ_MS));
    }
  }
}

export { kindOf, shrink } from './programs/shrinking.js';
export { tolerated } from './programs/world.js';
export { type Performance, perform };
