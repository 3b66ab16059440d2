import type { WithRedis } from 'with-redis';
import { type Figure, spreadOf } from '../../figures.js';
import { closeOurs, createOurs } from '../../peers/ours.js';
import type { Bench } from '../../scenario.js';
import { abortGroup, oneSignal, ownSignals } from '../../subjects.js';
import { holdConnections } from './held-connections.js';

const waiters = 10_000;
/** Without one Node makes an error with a stack for each abort, which alone takes 70 to 150 ms. */
const reason = new Error('not wanted any more');

/** From the first abort until the last call has settled. */
export async function measureAborts(bench: Bench): Promise<Figure[]> {
  const cache = createOurs(bench, { pool: true });
  const together: number[] = [];
  const apart: number[] = [];
  const giveBack = await holdConnections(cache);
  try {
    for (let round = 0; round <= bench.plan.rounds; round += 1) {
      bench.progress(abortGroup, `round ${round} of ${bench.plan.rounds}`);
      const shared = new AbortController();
      const sharedMs = await abortAll(cache, [shared]);
      const own = Array.from({ length: waiters }, () => new AbortController());
      const ownMs = await abortAll(cache, own);
      if (round === 0) continue;
      together.push(sharedMs);
      apart.push(ownMs);
    }
  } finally {
    await giveBack();
    await closeOurs(cache);
  }
  return [
    { group: abortGroup, subject: oneSignal, own: true, unit: 'ms', value: spreadOf(together) },
    { group: abortGroup, subject: ownSignals, own: true, unit: 'ms', value: spreadOf(apart) },
  ];
}

async function abortAll(cache: WithRedis, controllers: readonly AbortController[]): Promise<number> {
  const calls = Array.from({ length: waiters }, (_, index) => {
    const { signal } = controllers[index % controllers.length]!;
    return cache(() => undefined, { signal });
  });
  const settled = Promise.allSettled(calls);
  const startedAt = performance.now();
  for (const controller of controllers) controller.abort(reason);
  const outcomes = await settled;
  const tookMs = performance.now() - startedAt;
  if (outcomes.some(({ status }) => status === 'fulfilled')) throw new Error('an aborted waiter got through');
  return tookMs;
}
