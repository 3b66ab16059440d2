import type { Figure } from '../figures.js';
import { compare } from '../interleaved.js';
import { type Maker, withContenders } from '../peers/contenders.js';
import type { Bench, Scenario } from '../scenario.js';
import { callersGroup } from '../subjects.js';

/** A scenario that compares contenders at several numbers of callers. */
export function callersScenario(
  title: string,
  makers: readonly Maker[],
  numbersOfCallers: readonly number[],
): Scenario {
  return {
    title,
    run: (bench) => withContenders(bench, makers, (contenders) => compareAll(bench, contenders)),
  };

  async function compareAll(bench: Bench, contenders: Parameters<typeof compare>[0]['contenders']) {
    const figures: Figure[] = [];
    for (const callers of numbersOfCallers) {
      const group = callersGroup(callers);
      const { plan } = bench;
      const onRound = (round: number) => bench.progress(group, `round ${round} of ${plan.rounds}`);
      figures.push(...(await compare({ group, contenders, callers, plan, onRound })));
    }
    return figures;
  }
}
