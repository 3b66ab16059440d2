import { isWithRedisError } from 'with-redis';
import type { InstancePlan, Scope } from './program.js';

/** What each of these says has passed. */
const LIMITS: Readonly<Record<string, 'deadlineMs' | 'acquireTimeoutMs'>> = {
  DeadlineExceededError: 'deadlineMs',
  AcquireTimeoutError: 'acquireTimeoutMs',
};
/** Limits are whole ms, and the clock is not. */
const ROUNDING_MS = 1;
/** Late by this much is late: timers ring in whole ms, and replies take their time. */
export const SLACK_MS = 12;

export interface Taken {
  /** By the monotonic clock. */
  readonly tookMs: number;
  /** Less what the thread was busy for; only of a call that has done nothing but wait, once. */
  readonly waitedMs?: number | undefined;
}

/** What is wrong with a limit that is said to have passed when a call had taken so long. */
export function mistimed(
  error: unknown,
  { tookMs, waitedMs = 0 }: Taken,
  scope: Scope,
  plan: InstancePlan,
): string | undefined {
  const limit = isWithRedisError(error) ? LIMITS[error.name] : undefined;
  if (!limit) return undefined;
  const limitMs = scope[limit] ?? plan[limit];
  if (tookMs >= limitMs - ROUNDING_MS && waitedMs <= limitMs + SLACK_MS) return undefined;
  return `${(error as Error).name} after ${Math.round(tookMs)} ms, not ${limitMs}`;
}
