import type { WithRedis } from 'with-redis';
import { type Figure, spreadOf } from '../../figures.js';
import { measureHeap } from '../../heap.js';
import { closeOurs, createOurs } from '../../peers/ours.js';
import { createGenericPool, poolSize } from '../../peers/pooled.js';
import type { Bench } from '../../scenario.js';
import { byHand, ours, waiterGroup } from '../../subjects.js';
import { holdConnections } from './held-connections.js';

const waiters = 10_000;

interface Queue {
  /** Takes every connection; returns what gives them back. */
  hold(): Promise<() => Promise<void>>;
  wait(): Promise<unknown>;
}

export async function measureWaiterSize(bench: Bench): Promise<Figure[]> {
  const cache = createOurs(bench, { pool: true });
  const pool = createGenericPool(bench);
  try {
    return [
      await measureSize(bench, ours, ourQueue(cache)),
      await measureSize(bench, `${ours}, options and one signal`, ourQueueWithOptions(cache)),
      await measureSize(bench, byHand, genericQueue(pool)),
    ];
  } finally {
    await closeOurs(cache);
    await pool.drain();
    await pool.clear();
  }
}

function ourQueue(cache: WithRedis): Queue {
  const fn = () => undefined;
  return { hold: () => holdConnections(cache), wait: () => cache(fn) };
}

function ourQueueWithOptions(cache: WithRedis): Queue {
  const { signal } = new AbortController();
  const fn = () => undefined;
  return { hold: () => holdConnections(cache), wait: () => cache(fn, { signal, deadlineMs: 10_000 }) };
}

function genericQueue(pool: ReturnType<typeof createGenericPool>): Queue {
  return {
    async hold() {
      const held = await Promise.all(Array.from({ length: poolSize }, () => pool.acquire()));
      return async () => void (await Promise.all(held.map((redis) => pool.release(redis))));
    },
    wait: async () => pool.release(await pool.acquire()),
  };
}

/** With the promise that the caller gets, without the array that holds the promises here. */
async function measureSize(bench: Bench, subject: string, queue: Queue): Promise<Figure> {
  const { rounds } = bench.plan;
  const sizes: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    bench.progress(waiterGroup, `${subject}, round ${round} of ${rounds}`);
    const giveBack = await queue.hold();
    const calls = new Array<Promise<unknown> | undefined>(waiters).fill(undefined);
    const before = await measureHeap();
    for (let index = 0; index < waiters; index += 1) calls[index] = queue.wait();
    const size = ((await measureHeap()) - before) / waiters;
    await giveBack();
    await Promise.all(calls);
    if (round > 0) sizes.push(size);
  }
  return {
    group: waiterGroup,
    subject,
    own: subject.startsWith(ours),
    unit: 'bytes',
    value: spreadOf(sizes),
  };
}
