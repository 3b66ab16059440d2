import { type Figure, isNoisy, type ScenarioResult, type Spread, type Unit } from './figures.js';
import { ours } from './subjects.js';
import { type RatioTarget, type Target, targets } from './targets.js';

/** What came of a target. */
export interface Verdict {
  readonly scenario: string;
  readonly group: string;
  readonly subject: string;
  /** The peer that was the best of those named. */
  readonly over?: string;
  readonly bound: string;
  readonly unit: Unit;
  readonly value: Spread;
  readonly met: boolean;
  readonly noisy: boolean;
}

/** Of those targets whose figures are there. */
export function judge(results: readonly ScenarioResult[]): Verdict[] {
  return targets.flatMap((target) => {
    const figures = results.find(({ name }) => name === target.scenario)?.figures ?? [];
    const find = (subject: string) =>
      figures.find((figure) => figure.group === target.group && figure.subject === subject);
    return judgeOne(target, find) ?? [];
  });
}

type Find = (subject: string) => Figure | undefined;

function judgeOne(target: Target, find: Find): Verdict | undefined {
  if ('over' in target) return judgeRatio(target, find);
  const figure = find(target.subject);
  if (!figure) return undefined;
  const { scenario, group, subject, atMost } = target;
  const { unit, value } = figure;
  const noisy = value.min <= atMost && value.max > atMost;
  return { scenario, group, subject, bound: `≤ ${atMost}`, unit, value, met: value.median <= atMost, noisy };
}

function judgeRatio(target: RatioTarget, find: Find): Verdict | undefined {
  const { scenario, group, atLeast } = target;
  const peers = target.over.map(find).filter((peer) => peer !== undefined);
  const best = peers.sort((a, b) => b.value.median - a.value.median)[0];
  const value = best?.oursOver;
  if (!value) return undefined;
  const met = value.median >= atLeast;
  const over = best.subject;
  return {
    scenario,
    group,
    subject: ours,
    over,
    bound: `≥ ${atLeast}`,
    unit: '×',
    value,
    met,
    noisy: isNoisy(value),
  };
}
