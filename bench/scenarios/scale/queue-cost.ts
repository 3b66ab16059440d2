import { type Figure, ratioOf, spreadOf } from '../../figures.js';
import { closeOurs, createOurs } from '../../peers/ours.js';
import { createGenericPool } from '../../peers/pooled.js';
import type { Bench } from '../../scenario.js';
import { emptyScope, getScope, growthGroup } from '../../subjects.js';

const waitingCounts = [100, 1_000, 10_000];

interface Subject {
  readonly name: string;
  run(): Promise<unknown>;
}

/** The same number of scopes each time, run by few callers and by many: all but 10 of them wait at any moment. */
export async function measureQueueCost(bench: Bench): Promise<Figure[]> {
  const cache = createOurs(bench, { pool: true });
  const pool = createGenericPool(bench);
  const byHand = async () => {
    const redis = await pool.acquire();
    try {
      return await redis.get(bench.key);
    } finally {
      await pool.release(redis);
    }
  };
  const figures: Figure[] = [];
  try {
    const get = { name: getScope, run: () => cache((redis) => redis.get(bench.key)) };
    figures.push(...(await measureSubject(bench, get)));
    figures.push(...(await measureSubject(bench, { name: emptyScope, run: () => cache(() => undefined) })));
    figures.push(...(await measureSubject(bench, { name: 'generic-pool by hand with a GET', run: byHand })));
  } finally {
    await closeOurs(cache);
    await pool.drain();
    await pool.clear();
  }
  return figures;
}

async function measureSubject(bench: Bench, subject: Subject): Promise<Figure[]> {
  const { rounds } = bench.plan;
  const scopes = bench.quick ? 10_000 : 40_000;
  const costs: number[][] = waitingCounts.map(() => []);
  await runScopes(subject, scopes, 100);
  for (let round = 1; round <= rounds; round += 1) {
    bench.progress(`cost of waiting: ${subject.name}`, `round ${round} of ${rounds}`);
    for (const [index, waiting] of waitingCounts.entries()) {
      costs[index]!.push(await runScopes(subject, scopes, waiting));
    }
  }
  const spreads = costs.map(spreadOf);
  const growth = ratioOf(spreads.at(-1)!, spreads[0]!);
  return [
    ...waitingCounts.map(
      (waiting, index): Figure => ({
        group: `${subject.name}, so many at once`,
        subject: waiting.toLocaleString('en-US'),
        unit: 'µs',
        value: spreads[index]!,
      }),
    ),
    { group: growthGroup, subject: subject.name, unit: '×', value: growth },
  ];
}

/** Microseconds for each. */
async function runScopes({ run }: Subject, scopes: number, callers: number): Promise<number> {
  let begun = 0;
  const caller = async () => {
    while (begun < scopes) {
      begun += 1;
      await run();
    }
  };
  globalThis.gc?.();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return ((performance.now() - startedAt) * 1_000) / scopes;
}
