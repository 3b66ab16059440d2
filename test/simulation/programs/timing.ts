import { isWithRedisError } from 'with-redis';
import type { InstancePlan, Scope } from './program.js';

/** What each of these says has passed. */
const LIMITS: Readonly<Record<string, 'deadlineMs' | 'acquireTimeoutMs'>> = {
  DeadlineExceededError: 'deadlineMs',
  AcquireTimeoutError: 'acquireTimeoutMs',
};
/** Somebody else's clock may have a millisecond of its own. */
const ROUNDING_MS = 1;

/** What is wrong with a limit that is said to have passed when a call had taken so long, by the monotonic clock. */
export function comesEarly(
  error: unknown,
  tookMs: number,
  scope: Scope,
  plan: InstancePlan,
): string | undefined {
  const limit = isWithRedisError(error) ? LIMITS[error.name] : undefined;
  if (!limit) return undefined;
  const limitMs = scope[limit] ?? plan[limit];
  if (tookMs > limitMs - ROUNDING_MS) return undefined;
  return `${(error as Error).name} after ${Math.round(tookMs)} ms, not ${limitMs}`;
}
