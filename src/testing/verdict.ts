/** What the growth of connections means so far. */
export type Suspicion = 'ok' | 'leak' | 'doubt';

/** So many stretches of growth in a row are no pool that fills. */
const MOST_STRETCHES = 4;

/**
 * A pool grows until it is full, a leak for as long as there are calls. `growth` is how many more connections each
 * stretch of calls left open, in order. A stretch without growth ends the suspicion. Growth that is more than a pool would
 * have from so many calls at once, and goes on at the same rate, is a leak; anything else needs another look.
 */
export function judge(growth: readonly number[], concurrency: number): Suspicion {
  const last = growth.at(-1) ?? 0;
  if (last <= 0) return 'ok';
  const total = growth.reduce((sum, each) => sum + each, 0);
  const isSteady = growth.length > 1 && 2 * last >= growth[0]!;
  const isMoreThanAPool = total > 2 * concurrency;
  if ((isSteady && isMoreThanAPool) || growth.length >= MOST_STRETCHES) return 'leak';
  return 'doubt';
}

export function worstOf(suspicions: readonly Suspicion[]): Suspicion {
  if (suspicions.includes('leak')) return 'leak';
  return suspicions.includes('doubt') ? 'doubt' : 'ok';
}
