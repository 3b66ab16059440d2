import { readFile, writeFile } from 'node:fs/promises';
import type { Environment } from '../environment.js';
import type { ScenarioResult } from '../figures.js';
import type { Results } from '../results-file.js';
import { figuresTable, formatMarkdown, noisyLegend, verdictsTable } from './tables.js';

const begin = '<!-- results: written by npm run bench -->';
const end = '<!-- end of results -->';

/** Replaces what stands between the markers. */
export async function writeReadme(path: string, results: Results): Promise<void> {
  const text = await readFile(path, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${path} lacks its markers`);
  await writeFile(path, `${before}${begin}\n\n${formatResults(results)}\n\n${end}${after}`);
}

function formatResults({ environment, scenarios, verdicts }: Results): string {
  return [
    formatEnvironment(environment),
    formatMarkdown(verdictsTable(verdicts)),
    `${noisyLegend}. Of several peers the faster one counts.`,
    ...scenarios.map(formatScenario),
  ].join('\n\n');
}

export function formatEnvironment({ date, machine, versions }: Environment): string {
  const { cpu, cores, memoryGb, system, loadBefore } = machine;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date}. ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, load ${loadBefore} before the bench. ${software.join(', ')}.`;
}

function formatScenario(result: ScenarioResult): string {
  const { name, title, notes, measuredAt } = result;
  return [
    `### ${title}`,
    `![${title}](results/${name}.svg)`,
    formatMarkdown(figuresTable(result)),
    [...notes, `Measured ${measuredAt.slice(0, 10)} by \`npm run bench -- --scenario ${name}\`.`].join('\n'),
  ].join('\n\n');
}
