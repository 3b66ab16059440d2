import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Environment, sameEnvironment } from './environment.js';
import type { ScenarioResult } from './figures.js';
import { judge, type Verdict } from './verdicts.js';

export interface Results {
  readonly environment: Environment;
  readonly scenarios: readonly ScenarioResult[];
  readonly verdicts: readonly Verdict[];
}

export async function readResults(path: string): Promise<Results | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Results);
}

export async function writeResults(path: string, results: Results): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, rounded, 2)}\n`);
}

/** Four digits are more than the figures are worth. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}

/** New figures replace the old of the same scenario; figures from elsewhere are dropped. */
export function merge(
  previous: Results | undefined,
  environment: Environment,
  measured: readonly ScenarioResult[],
  order: readonly string[],
): Results {
  const kept = previous && sameEnvironment(previous.environment, environment) ? previous.scenarios : [];
  const isNew = ({ name }: ScenarioResult) => measured.some((result) => result.name === name);
  const scenarios = [...kept.filter((result) => !isNew(result)), ...measured].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
  return { environment, scenarios, verdicts: judge(scenarios) };
}
