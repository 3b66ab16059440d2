import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { now, poll } from './moments.js';
import { dueAt, repeats } from './timers.js';
import type { ProcessWatch } from './watch.js';

/** How long connections may take to close. */
export interface Patience {
  /** The whole wait. */
  readonly mostMs: number;
  /** Without one that closes. */
  readonly stillMs: number;
}

/** Between two rounds: for a dial that a timer begins, and for a QUIT that is under way. */
export const BRIEF: Patience = { mostMs: 1_000, stillMs: 50 };

/** Unless the caller says how long: while their number falls or a timer of the calls may close some. */
const FULL: Patience = { mostMs: 10_000, stillMs: 2_000 };

/** A test has five seconds, and many a timeout that nobody clears has as many: this one will close nothing. */
const LONGEST_TIMER_MS = 3_500;

export function fullPatience(settleMs: number | undefined): Patience {
  return settleMs === undefined ? FULL : { mostMs: settleMs, stillMs: settleMs };
}

const MACROTASKS = 3;

/** One that has not fired by then has been set anew. */
const OVERDUE_MS = 100;

export interface Settling {
  readonly startedAt: number;
  /** Since then, until the last one closed. 0: none closed. */
  readonly fellForMs: number;
}

/**
 * Waits until nothing that `count` counts is left, or until it is clear that it stays: no number as small as this one has
 * been seen before, and no timer that was set before is due that could still close or open something.
 */
export async function settle(
  watch: ProcessWatch,
  count: () => number,
  { mostMs, stillMs }: Patience,
  race: <T>(work: Promise<T>) => Promise<T>,
): Promise<Settling> {
  const startedAt = now();
  let [least, fellAt] = [count(), startedAt];
  const mayWait = () => now() - startedAt < mostMs;
  const timersMs = Math.min(mostMs, LONGEST_TIMER_MS);
  const isStill = () => now() - fellAt >= stillMs && !awaitsTimer(watch, startedAt, timersMs);
  for (let turn = 0; turn < MACROTASKS; turn += 1) await race(nextMacrotask());
  while (mayWait() && (count() > 0 ? !isStill() : isBusy(watch, startedAt, mostMs))) {
    await race(poll());
    if (count() < least) [least, fellAt] = [count(), now()];
  }
  return { startedAt, fellForMs: fellAt - startedAt };
}

/** Nothing is open, but something may yet be: a timer that is due, a file or a name that is being looked up. */
function isBusy(watch: ProcessWatch, startedAt: number, mostMs: number): boolean {
  if (watch.isBlind && watch.count > 0) return now() - startedAt < BRIEF.mostMs;
  return awaitsTimer(watch, startedAt, Math.min(mostMs, BRIEF.mostMs)) || hasRequests();
}

/** One that repeats says nothing of when it ends. */
function awaitsTimer(watch: ProcessWatch, startedAt: number, withinMs: number): boolean {
  return watch.timers().some((timer) => {
    const due = dueAt(timer);
    const isAwaited = timer.at <= startedAt && due - startedAt < withinMs && !repeats(timer);
    return isAwaited && due + OVERDUE_MS > now();
  });
}

function hasRequests(): boolean {
  return process.getActiveResourcesInfo().some((type) => /^FSReq|^GetAddrInfo|ConnectWrap$/.test(type));
}
