import type { LeakedConnection, LeakReport } from './report.js';

/** Lines of code that are named, those that leak most. */
const MOST_PLACES = 5;

/** Why a report is no proof that nothing leaks, on several lines. */
export function describeReport(report: LeakReport): string {
  const { verdict, reason, leaked, notes } = report;
  const headline = verdict === 'leak' ? reason : `${verdict}: ${reason}`;
  return [headline, ...describePlaces(leaked), ...notes].join('\n');
}

/** Where it was opened and where it leads to. */
export function describePlaces(leaked: readonly LeakedConnection[]): string[] {
  const places = [...group(leaked, placeOf)].sort(([, one], [, other]) => other - one);
  return places.slice(0, MOST_PLACES).map(([place, count]) => `${count} ${place}`);
}

function placeOf({ state, remote, stack }: LeakedConnection): string {
  const where = stack || 'where the stack does not tell';
  if (state === 'open') return `to ${remote} opened ${where}`;
  if (state === 'dialling')
    return remote ? `dialling ${remote} since ${where}` : `with no connection so far, begun ${where}`;
  return `to ${remote} opened outside of this thread${stack && `, by what was started ${stack}`}`;
}

export function headlineOf(leaked: readonly LeakedConnection[], calls: number, perCall: number): string {
  const rate = `${count(calls, 'call')} (${Number(perCall.toFixed(3))} per call)`;
  const dialling = leaked.filter(({ state }) => state === 'dialling');
  const loops = dialling.filter(({ remote }) => remote === '').length;
  const clients = dialling.length - loops;
  const open = leaked.length - dialling.length;
  const stay = open > 0 ? [`${count(open, 'connection')} stayed open`] : [];
  const dial = clients > 0 ? [`${count(clients, 'client')} went on dialling`] : [];
  const loop = loops > 0 ? [`${count(loops, 'timer')} or ${loops === 1 ? 'loop' : 'loops'} went on`] : [];
  return `${[...stay, ...dial, ...loop].join(' and ')} after ${rate}`;
}

export function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}

function group<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** What was thrown, on one line. */
export function firstLineOf(error: unknown): string {
  try {
    return String(error).split('\n')[0]!;
  } catch {
    return typeof error === 'object' ? 'an object' : `a ${typeof error}`;
  }
}
