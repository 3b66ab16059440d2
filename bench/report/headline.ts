import type { Figure, ScenarioResult, Unit } from '../figures.js';
import { freeList, isDetail, ours } from '../subjects.js';
import { formatValue } from './numbers.js';

/** What nobody would write: they show the limit, and stay in the chart. */
const isLimit = (subject: string) => subject === freeList || subject.startsWith('raw socket');

/** More than two peers are no sentence. */
const namedPeers = 2;
/** What a title holds; what is longer names fewer. */
const longest = 110;

/** What there is to see in the figures, as a sentence and out of them alone. */
export function headlineOf({ figures, title }: ScenarioResult): string {
  const shown = figures.filter(({ group }) => !isDetail(group));
  const compared = shown.filter(({ oursOver }) => oursOver);
  if (compared.length > 0) return isAmongOurs(compared) ? dearest(compared) : overPeers(compared);
  return shown.length > 0 ? firstGroup(shown) : title;
}

/** Ours against those that come closest, over all groups. */
function overPeers(compared: readonly Figure[]): string {
  const foreign = [...new Set(compared.filter(({ own }) => !own).map(({ subject }) => subject))];
  const written = foreign.filter((subject) => !isLimit(subject));
  const closest = (written.length > 0 ? written : foreign)
    .map((peer) => ({
      peer,
      ratios: compared.filter(({ subject }) => subject === peer).map(medianRatio),
    }))
    .sort((a, b) => Math.min(...a.ratios) - Math.min(...b.ratios))
    .slice(0, namedPeers);
  const parts = closest.map(({ peer, ratios }) => `${rangeOf(ratios)} × ${named(peer)}`);
  const groups = new Set(compared.map(({ group }) => group));
  const where = groups.size === 1 ? ` with ${[...groups][0]}` : '';
  return `${ours} is ${parts.join(' and ')}${where}`;
}

/** A comma would end the name. */
function named(subject: string): string {
  return subject.includes(',') ? `“${subject}”` : subject;
}

/** Of our own variants, the one that costs most. */
function dearest(compared: readonly Figure[]): string {
  const most = compared.reduce((a, b) => (medianRatio(b) > medianRatio(a) ? b : a));
  return `“${most.subject}” costs most: plain ${ours} is ${formatValue(medianRatio(most), '×')} that`;
}

/** Whether all that is compared is ours, so that the ratio is that of the first row over the others. */
export function isAmongOurs(figures: readonly Figure[]): boolean {
  const compared = figures.filter(({ oursOver }) => oursOver);
  return compared.length > 0 && compared.every(({ own }) => own);
}

/** Of what is not compared in ratios: the values of the first group in which ours has company, else of the first. */
function firstGroup(shown: readonly Figure[]): string {
  const groups = [...new Set(shown.map(({ group }) => group))];
  const membersOf = (group: string) => shown.filter((figure) => figure.group === group);
  const group = groups.find((each) => isMixed(membersOf(each))) ?? groups[0]!;
  const values = beside(membersOf(group)).map(
    ({ subject, value, unit }) => `${named(subject)} ${formatValue(value.median, unit)}`,
  );
  const sentence = (count: number) => `${values.slice(0, count).join(', ')} (${group})`;
  const counts = values.map((_, index) => values.length - index);
  return sentence(counts.find((count) => sentence(count).length <= longest) ?? 1);
}

/** The first of ours, then the others, for where there is no room for all. */
function beside(members: readonly Figure[]): Figure[] {
  if (!isMixed(members)) return [...members];
  const own = members.filter((figure) => figure.own);
  return [...own.slice(0, 1), ...members.filter((figure) => !figure.own), ...own.slice(1)];
}

function isMixed(members: readonly Figure[]): boolean {
  return members.some(({ own }) => own) && members.some(({ own }) => !own);
}

function medianRatio({ oursOver }: Figure): number {
  return oursOver!.median;
}

function rangeOf(ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios).toFixed(2), Math.max(...ratios).toFixed(2)];
  return least === most ? least : `${least} to ${most}`;
}

/** Which end of a scale is the good one: of rates the long bar, of times and bytes the short. */
export function betterOf(unit: Unit): string {
  return unit === '/s' ? 'more is better' : 'less is better';
}
