import { type Figure, ratioOf, spreadOf } from '../../figures.js';
import { closeOurs, createOurs } from '../../peers/ours.js';
import { createGenericPool } from '../../peers/pooled.js';
import type { Bench } from '../../scenario.js';
import { emptyScope, getScope, growthGroup } from '../../subjects.js';

const waitingCounts = [100, 1_000, 10_000];

interface Subject {
  readonly name: string;
  readonly own: boolean;
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
  const subjects: Subject[] = [
    { name: getScope, own: true, run: () => cache((redis) => redis.get(bench.key)) },
    { name: emptyScope, own: true, run: () => cache(() => undefined) },
    { name: 'generic-pool by hand with a GET', own: false, run: byHand },
  ];
  const figures: Figure[] = [];
  const growths: Figure[] = [];
  try {
    for (const subject of subjects) {
      const costs = await measureSubject(bench, subject);
      const growth = ratioOf(costs.at(-1)!.value, costs[0]!.value);
      figures.push(...costs);
      growths.push({ group: growthGroup, subject: subject.name, own: subject.own, unit: '×', value: growth });
    }
  } finally {
    await closeOurs(cache);
    await pool.drain();
    await pool.clear();
  }
  return [...figures, ...growths];
}

async function measureSubject(bench: Bench, subject: Subject): Promise<Figure[]> {
  const { rounds } = bench.plan;
  const scopes = bench.quick ? 10_000 : 30_000;
  const costs: number[][] = waitingCounts.map(() => []);
  await runScopes(subject, scopes, 100);
  for (let round = 1; round <= rounds; round += 1) {
    bench.progress(`cost of waiting: ${subject.name}`, `round ${round} of ${rounds}`);
    for (const [index, waiting] of waitingCounts.entries()) {
      costs[index]!.push(await runScopes(subject, scopes, waiting));
    }
  }
  return waitingCounts.map(
    (waiting, index): Figure => ({
      group: `${subject.name}, so many at once`,
      subject: waiting.toLocaleString('en-US'),
      own: subject.own,
      unit: 'µs',
      value: spreadOf(costs[index]!),
    }),
  );
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
