import { readFile, writeFile } from 'node:fs/promises';
import type { Environment } from '../environment.js';
import type { ScenarioResult } from '../figures.js';
import type { Results } from '../results-file.js';
import { byHand, callersGroup, ioredisPerCall, oneIoredis } from '../subjects.js';
import { headlineOf } from './headline.js';
import { formatRange } from './numbers.js';
import { figuresTable, formatMarkdown, formatRatio, noisyLegend, verdictsTable } from './tables.js';

const begin = '<!-- results: written by npm run bench -->';
const end = '<!-- end of results -->';

/** Everything, for who wants to know how it came about. */
export function writeResultsTo(path: string, results: Results): Promise<void> {
  return replace(path, formatResults(results));
}

/** What a user asks first: how fast, against what, and who says so. */
export function writeSummaryTo(path: string, results: Results): Promise<void> {
  return replace(path, formatSummary(results));
}

/** Replaces what stands between the markers. */
async function replace(path: string, block: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${path} lacks its markers`);
  await writeFile(path, `${before}${begin}\n\n${block}\n\n${end}${after}`);
}

/** One for each way to use a connection, against what people write today; the bench's own page has them all. */
const HEADLINES = [
  { way: 'a pool', scenario: 'pooled', group: callersGroup(50), peers: [byHand] },
  { way: 'one shared connection', scenario: 'shared', group: callersGroup(50), peers: oneIoredis },
  {
    way: 'a connection for each call',
    scenario: 'per-call',
    group: callersGroup(10),
    peers: [ioredisPerCall],
  },
];
const PICTURE = 'pooled';

export function formatSummary({ environment, scenarios, verdicts }: Results): string {
  const rows = HEADLINES.flatMap(({ way, scenario, group, peers }) =>
    verdicts
      .filter((verdict) => verdict.scenario === scenario && verdict.group === group)
      .filter(({ over }) => over !== undefined && peers.includes(over))
      .map(({ over, value }) => [way, group, `over ${over}`, formatRatio(value), formatRange(value, '×')]),
  );
  const head = ['', '', 'with-redis', 'measured', 'min–max'];
  const charts = scenarios.filter(({ name }) => name === PICTURE);
  return [
    formatMarkdown({ head, rows }),
    ...charts.map((chart) => `![${headlineOf(chart)}](bench/results/${chart.name}.svg)`),
    `${noisyLegend}.\n${formatEnvironment(environment)}`,
  ].join('\n\n');
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
    `![${headlineOf(result)}](results/${name}.svg)`,
    formatMarkdown(figuresTable(result)),
    [...notes, `Measured ${measuredAt.slice(0, 10)} by \`npm run bench -- --scenario ${name}\`.`].join('\n'),
  ].join('\n\n');
}
