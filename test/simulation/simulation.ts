import { listen, type Performance, perform } from './conductor.js';
import type { Feature } from './programs/features.js';
import { Generator } from './programs/generator.js';
import type { Program } from './programs/program.js';
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

/** Whatever is loaded on first use is loaded by this, so that it does not disturb the first program. */
export async function warmUp(): Promise<void> {
  listen();
  for (let seed = 1; seed < 6; seed++) await perform(programOf(2 * seed, []));
}

export { kindOf, shrink } from './programs/shrinking.js';
export { type Performance, perform };
