import type { WithRedisOptions } from 'with-redis';
import { type Figure, spreadOf } from '../figures.js';
import { measureHeap } from '../heap.js';
import type { Contender } from '../interleaved.js';
import { withContenders } from '../peers/contenders.js';
import { scopedGet } from '../peers/ours.js';
import type { Bench, Scenario } from '../scenario.js';
import { heapGroup } from '../subjects.js';

const callers = 50;

const variants: readonly (readonly [string, WithRedisOptions])[] = [
  ['exclusive', { pool: true }],
  ['shared', { pool: true, isolation: 'shared' }],
  ['auto', { pool: true, isolation: 'auto' }],
];

/** Whatever a scope left behind would be there nine hundred thousand times. */
export const heap: Scenario = {
  title: 'What scopes leave behind in memory',
  async run(bench) {
    const figures: Figure[] = [];
    for (const [name, options] of variants) {
      await withContenders(bench, [scopedGet(options, name)], async ([contender]) => {
        if (contender) figures.push(await measureGrowth(bench, contender));
      });
    }
    if (bench.quick) bench.note('Quick: after 200,000 scopes, less that after 100,000.');
    return figures;
  },
};

async function measureGrowth(bench: Bench, contender: Contender): Promise<Figure> {
  const total = bench.quick ? 200_000 : 1_000_000;
  bench.progress(contender.name, 'the first 100,000 scopes');
  await runScopes(contender, 100_000);
  const before = await measureHeap();
  bench.progress(contender.name, 'the others');
  await runScopes(contender, total - 100_000);
  const grown = ((await measureHeap()) - before) / 1_000;
  return { group: heapGroup, subject: contender.name, own: true, unit: 'kB', value: spreadOf([grown]) };
}

async function runScopes({ run }: Contender, scopes: number): Promise<void> {
  let begun = 0;
  const caller = async () => {
    while (begun < scopes) {
      begun += 1;
      await run();
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
