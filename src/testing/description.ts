import type { LeakedConnection, LeakReport } from './report.js';

/** Lines of code that are named, those that leak most. */
const MOST_PLACES = 5;

/** What leaks and where it was opened, on several lines. */
export function describeLeaks({ leaked, calls, perCall }: LeakReport): string {
  const connections = leaked.length === 1 ? '1 connection' : `${leaked.length} connections`;
  const rate = `${Number(perCall.toFixed(3))} per call`;
  const places = [...groupByStack(leaked)].sort(([, one], [, other]) => other - one).slice(0, MOST_PLACES);
  return [
    `${connections} stayed open after ${calls} calls (${rate})`,
    ...places.map(([stack, count]) => `${count} opened ${stack || 'where the stack does not tell'}`),
  ].join('\n');
}

function groupByStack(leaked: readonly LeakedConnection[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { stack } of leaked) counts.set(stack, (counts.get(stack) ?? 0) + 1);
  return counts;
}
