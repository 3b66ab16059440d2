import type { DialWatch } from './dials.js';
import type { Rounds } from './rounds.js';
import { judge } from './verdict.js';

/** Runs rounds until it is clear whether connections leak: true if they do. */
export async function findOut(rounds: Rounds, watch: DialWatch, concurrency: number): Promise<boolean> {
  const before = watch.open().length;
  const halfTime = await rounds.run();
  await rounds.settle(() => rounds.leftOpen().length === 0);
  const growth = firstGrowth(rounds, watch, before, halfTime);
  for (;;) {
    const verdict = judge(growth, concurrency);
    if (verdict !== 'doubt' || rounds.isServerFull) return verdict !== 'ok';
    growth.push(await growthOfAnotherRound(rounds, watch));
  }
}

/** In two stretches, unless connections of the warm-up were replaced: then nobody can tell which stretch grew. */
function firstGrowth(rounds: Rounds, watch: DialWatch, before: number, halfTime: number): number[] {
  const left = rounds.leftOpen();
  const remaining = watch.open().length - left.length;
  if (remaining < before) return [left.length];
  const early = left.filter(({ at }) => at < halfTime).length;
  return [early, left.length - early];
}

async function growthOfAnotherRound(rounds: Rounds, watch: DialWatch): Promise<number> {
  const before = watch.open().length;
  await rounds.run();
  await rounds.settle(() => watch.open().length <= before);
  return watch.open().length - before;
}
