import type { Isolation, WithRedis } from '../../../src/index.js';
import { outcomeOf, sleep } from '../../support/harness.js';

/** Counters over all slots. */
const KEYS = 40;

let runs = 0;

export interface Tally {
  /** Increments whose reply came. */
  done: number;
  /** Increments that failed in a way that leaves open whether they were done. */
  unsure: number;
}

export interface Load {
  /** Failures in order, as `code or message`. */
  readonly failures: string[];
  /** The longest that one call took, in ms. */
  longestMs(): number;
  /** Ends the stream; resolves to what each counter must hold. */
  stop(): Promise<Map<string, Tally>>;
}

export interface LoadOptions {
  readonly callers: number;
  readonly isolations: readonly Isolation[];
  readonly deadlineMs: number;
  /** Replicas that must have a write before it counts as done. */
  readonly replicas?: number;
}

/** A stream of scopes that each count something up, in every way there is. */
export function startLoad(withRedis: WithRedis, options: LoadOptions): Load {
  const run = `count ${++runs}`;
  const tallies = new Map<string, Tally>();
  const failures: string[] = [];
  let longest = 0;
  let stopped = false;
  const caller = async (first: number) => {
    for (let turn = first; !stopped; turn += 7) {
      const key = `{${turn % KEYS}}${run}`;
      const startedAt = performance.now();
      const outcome = await outcomeOf(countUp(withRedis, key, turn, options));
      longest = Math.max(longest, performance.now() - startedAt);
      const tally = tallies.get(key) ?? { done: 0, unsure: 0 };
      tallies.set(key, tally);
      if (outcome.value === true) tally.done += 1;
      else tally.unsure += 1;
      if ('error' in outcome) {
        const { code, message } = outcome.error as { code?: string; message: string };
        failures.push(code ?? message);
        // A closed instance refuses at once, and nothing else would ever get its turn.
        await sleep(5);
        if (code === 'ERR_WITH_REDIS_CLOSED') return;
      }
    }
  };
  const callers = Array.from({ length: options.callers }, (_, index) => caller(index));
  return {
    failures,
    longestMs: () => longest,
    async stop() {
      stopped = true;
      await Promise.all(callers);
      return tallies;
    },
  };
}

/** True if it is sure to last. */
async function countUp(
  withRedis: WithRedis,
  key: string,
  turn: number,
  options: LoadOptions,
): Promise<boolean> {
  const { isolations, deadlineMs, replicas = 0 } = options;
  const isolation = isolations[turn % isolations.length] as Isolation;
  const settings = { key, isolation, deadlineMs };
  if (turn % 5 === 0) {
    await withRedis.transaction(
      [key],
      async (r, multi) => void multi.set(key, Number(await r.get(key)) + 1),
      settings,
    );
    return replicas === 0;
  }
  return withRedis(async (r) => {
    if (turn % 5 === 1) await r.multi().incr(key).get(key).exec();
    else if (turn % 5 === 2) await r.pipeline().incr(key).get(key).exec().then(failOnError);
    else await r.incr(key);
    if (replicas === 0) return true;
    return isolation === 'exclusive' && Number(await r.wait(replicas, 200)) >= replicas;
  }, settings);
}

function failOnError(replies: [Error | null, unknown][] | null): void {
  for (const [error] of replies ?? []) if (error) throw error;
}

/** Every counter lies between what is sure to have been done and what may have been. */
export async function wrongCounters(withRedis: WithRedis, tallies: Map<string, Tally>): Promise<string[]> {
  const wrong: string[] = [];
  for (const [key, { done, unsure }] of tallies) {
    const value = Number(await withRedis((r) => r.get(key), { key }));
    if (value < done || value > done + unsure)
      wrong.push(`${key}: ${value}, not from ${done} to ${done + unsure}`);
  }
  return wrong;
}
