import type { InstancePlan } from './program.js';
import type { Subject } from './subject.js';
import type { Told } from './told.js';

/** What is waited for after the first attempt, in ms; each pause is twice the one before. */
export const PAUSE_MS = { ofInstance: 3, ofCall: 5 } as const;
/** Limits are whole ms, and the clock is not. */
const ROUNDING_MS = 2;

/** An attempt, and how long after the one before it has begun; that may have had no connection. */
export interface Begun {
  readonly attempt: number;
  readonly before: number;
  readonly pausedMs: number;
}

/** What is wrong with the number of an attempt, or with the time that it begins. */
export function begunWrong(
  { attempt, before, pausedMs }: Begun,
  { kind, scope }: Subject,
  plan: InstancePlan,
): string | undefined {
  if (kind !== 'scope') return undefined;
  const most = scope.attempts ?? plan.attempts;
  if (attempt <= before || attempt > most) return `attempt ${attempt} of ${most} comes after ${before}`;
  const delayMs = scope.attempts ? PAUSE_MS.ofCall : PAUSE_MS.ofInstance;
  const leastMs = delayMs * 2 ** (attempt - 2) - ROUNDING_MS;
  if (before === 0 || before < attempt - 1 || pausedMs >= leastMs) return undefined;
  return `attempt ${attempt} begins after ${Math.round(pausedMs)} ms, not ${leastMs}`;
}

/**
 * What is wrong with when a function has to be over by what it is told. Asked of the first attempt: the wall clock may be
 * set between two of them, and what was told once stays so.
 */
export function dueWrong({ deadlineAt }: Told, leftMs: number): string | undefined {
  const toldMs = deadlineAt - Date.now();
  if (Math.abs(toldMs - leftMs) <= ROUNDING_MS) return undefined;
  return `its function is told to be over in ${Math.round(toldMs)} ms, and has ${Math.round(leftMs)}`;
}
