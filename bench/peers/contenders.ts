import type { Contender } from '../interleaved.js';
import type { Bench } from '../scenario.js';

/** Undefined where it cannot take part, after a note that says why. */
export type Maker = (bench: Bench) => Contender | undefined | Promise<Contender | undefined>;

/** Makes all of them, has each prove that it works, and closes all of them at the end. */
export async function withContenders<T>(
  bench: Bench,
  makers: readonly Maker[],
  use: (contenders: readonly Contender[]) => Promise<T>,
): Promise<T> {
  const contenders: Contender[] = [];
  try {
    for (const make of makers) {
      const contender = await makeUnlessUnsupported(bench, make);
      if (!contender) continue;
      contenders.push(contender);
      await prove(contender, bench.value);
    }
    return await use(contenders);
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
  }
}

/** An option that the measured version does not have yet is a gap in the table, not the end of the bench. */
async function makeUnlessUnsupported(bench: Bench, make: Maker): Promise<Contender | undefined> {
  try {
    return await make(bench);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_WITH_REDIS_CONFIGURATION') throw error;
    bench.note(`Left out: ${(error as Error).message}.`);
    return undefined;
  }
}

async function prove({ name, run }: Contender, value: string): Promise<void> {
  const reply = await run();
  if (reply !== value) throw new Error(`${name} answered ${String(reply).slice(0, 40)}`);
}
