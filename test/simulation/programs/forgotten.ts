import { isWithRedisError } from 'with-redis';
import type { InstancePlan } from './program.js';
import type { Told } from './told.js';

/** Timers count in whole ms, from a whole one. */
const ROUNDING_MS = 2;
/** Of a release, at most, to end a connection by force. */
const FORCE = 0.25;

/**
 * Nobody waited for a command: its scope does, for as long as a release may take. What is wrong with what it was rejected
 * with when its function had been over for so long.
 */
export function refusedEarly(
  error: unknown,
  told: Told | undefined,
  overForMs: number,
  { releaseTimeoutMs }: InstancePlan,
): string | undefined {
  // A scope that was ended waits for nothing.
  if (!told || told.signal.aborted || !isWithRedisError(error) || error.name !== 'LeaseReleasedError')
    return undefined;
  if (overForMs >= releaseTimeoutMs * (1 - FORCE) - ROUNDING_MS) return undefined;
  return `what nobody waits for is refused after ${Math.round(overForMs)} ms`;
}
