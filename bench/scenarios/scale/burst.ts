import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { type Figure, spreadOf } from '../../figures.js';
import type { Contender } from '../../interleaved.js';
import { withContenders } from '../../peers/contenders.js';
import { scopedGet } from '../../peers/ours.js';
import { genericPoolByHand } from '../../peers/pooled.js';
import { oneIoredis } from '../../peers/shared.js';
import type { Bench } from '../../scenario.js';
import { ours } from '../../subjects.js';

const calls = 10_000;

/** How long other work in the process has to wait while 10,000 calls made in one turn are served. */
export async function measureBurst(bench: Bench): Promise<Figure[]> {
  const makers = [
    scopedGet({ pool: true }),
    scopedGet({ pool: true, isolation: 'shared' }, 'with-redis, shared'),
    genericPoolByHand,
    oneIoredis,
  ];
  return withContenders(bench, makers, async (contenders) => {
    const longest: number[][] = contenders.map(() => []);
    const took: number[][] = contenders.map(() => []);
    for (let round = 0; round <= bench.plan.rounds; round += 1) {
      bench.progress('burst of 10,000 calls', `round ${round} of ${bench.plan.rounds}`);
      for (const [index, contender] of contenders.entries()) {
        const burst = await runBurst(contender);
        if (round === 0) continue;
        longest[index]!.push(burst.longestDelayMs);
        took[index]!.push(burst.tookMs);
      }
    }
    return [
      ...contenders.map(({ name }, index) => figure('longest event-loop delay', name, longest[index]!)),
      ...contenders.map(({ name }, index) => figure('all calls served', name, took[index]!)),
    ];
  });
}

function figure(what: string, subject: string, rounds: readonly number[]): Figure {
  return {
    group: `burst of 10,000 calls: ${what}`,
    subject,
    own: subject.startsWith(ours),
    unit: 'ms',
    value: spreadOf(rounds),
  };
}

async function runBurst({ run }: Contender): Promise<{ longestDelayMs: number; tookMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await wait(20);
  delay.reset();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: calls }, run));
  const tookMs = performance.now() - startedAt;
  await wait(5);
  delay.disable();
  return { longestDelayMs: delay.max / 1e6, tookMs };
}
