import type { Figure } from '../figures.js';
import { compare } from '../interleaved.js';
import { type Maker, withContenders } from '../peers/contenders.js';
import type { Bench, Scenario } from '../scenario.js';
import { nearAndAlone, type Situation } from '../situations/situation.js';
import { callersGroup } from '../subjects.js';

/** A scenario that compares contenders at several numbers of callers, in each situation. */
export function callersScenario(
  title: string,
  makers: readonly Maker[],
  numbersOfCallers: readonly number[],
  situations: readonly Situation[] = [nearAndAlone],
): Scenario {
  return {
    title,
    async run(bench) {
      const figures: Figure[] = [];
      for (const { name, around } of situations) {
        const compareThere = (there: Bench) =>
          withContenders(there, makers, (contenders) => compareAll(there, name, contenders));
        figures.push(...(await around(bench, compareThere)));
      }
      return figures;
    },
  };

  async function compareAll(
    bench: Bench,
    where: string,
    contenders: Parameters<typeof compare>[0]['contenders'],
  ) {
    const figures: Figure[] = [];
    for (const callers of numbersOfCallers) {
      const group = callersGroup(callers, where);
      const { plan } = bench;
      const onRound = (round: number) => bench.progress(group, `round ${round} of ${plan.rounds}`);
      figures.push(...(await compare({ group, contenders, callers, plan, onRound })));
    }
    return figures;
  }
}
