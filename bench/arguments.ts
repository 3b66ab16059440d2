import { parseArgs } from 'node:util';
import type { Plan } from './interleaved.js';
import { type ScenarioName, scenarioNames } from './scenario-names.js';

export interface BenchArguments {
  readonly scenarios: readonly ScenarioName[];
  readonly plan: Plan;
  readonly quick: boolean;
  /** Where the figures are written besides `bench/results`. */
  readonly json: string | undefined;
  /** Measures nothing: charts and tables of what is stored. */
  readonly draw: boolean;
  /** A build to measure instead of one of the working tree. */
  readonly packageFile: string | undefined;
}

export const usage = `npm run bench -- [options]
  --scenario <name>   only this one, may be given again: ${scenarioNames.join(', ')}
  --rounds <n>        rounds of each comparison; 5 unless given, 3 where quick
  --quick             under a minute, to see that it runs: figures go to bench/results/tmp
  --json <path>       write the figures here too
  --draw              measure nothing: charts and tables anew, from the figures in bench/results/latest.json
  --package <file>    measure this build, a dist/index.js, instead of building the working tree`;

/** Ends the bench with its usage instead of a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readArguments(): BenchArguments {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      draw: { type: 'boolean', default: false },
      package: { type: 'string' },
    },
  });
  const { quick, json, draw, scenario = scenarioNames } = values;
  return {
    scenarios: scenario.map(readScenario),
    plan: readPlan(quick, values.rounds),
    quick,
    json,
    draw,
    packageFile: values.package,
  };
}

function readScenario(name: string): ScenarioName {
  const known = scenarioNames.find((candidate) => candidate === name);
  if (!known) throw new UsageError(`no scenario is called ${name}`);
  return known;
}

function readPlan(quick: boolean, wanted: string | undefined): Plan {
  const rounds = Number(wanted ?? (quick ? 3 : 5));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds ${wanted} is no number of rounds`);
  return quick
    ? { rounds, slices: 3, sliceMs: 25, warmUpSlices: 4 }
    : { rounds, slices: 12, sliceMs: 25, warmUpSlices: 12 };
}
