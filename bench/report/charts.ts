import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.js';
import type { Figure, ScenarioResult } from '../figures.js';
import { isDetail, ours } from '../subjects.js';
import { type Bar, drawBars, type Panel } from './bar-chart.js';
import { betterOf, headlineOf, isAmongOurs } from './headline.js';
import { formatValue } from './numbers.js';

/** One SVG for each scenario. */
export async function writeCharts(
  folder: string,
  environment: Environment,
  scenarios: readonly ScenarioResult[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const scenario of scenarios) {
    await writeFile(join(folder, `${scenario.name}.svg`), chartOf(environment, scenario));
  }
}

export function chartOf(environment: Environment, scenario: ScenarioResult): string {
  const text = { title: headlineOf(scenario), notes: [scenario.title, method(environment, scenario)] };
  return drawBars(text, panels(scenario.figures));
}

function method({ versions, machine }: Environment, { figures, measuredAt }: ScenarioResult): string {
  const server = versions.server!.split(' ', 2).join(' ');
  const software = `${server}, ioredis ${versions.ioredis}, Node ${versions.node}`;
  const rounds = Math.max(0, ...figures.map(({ value }) => value.rounds.length));
  const how = rounds > 1 ? `median of ${rounds} rounds, min to max as a line` : 'one run';
  return `${how}; ${software}, ${machine.cores} cores, ${measuredAt.slice(0, 10)}`;
}

function panels(figures: readonly Figure[]): Panel[] {
  const groups = [...new Set(figures.map(({ group }) => group))].filter((group) => !isDetail(group));
  const measure = isAmongOurs(figures) ? 'the first' : ours;
  return groups.map((group) => {
    const members = figures.filter((figure) => figure.group === group);
    const units = [...new Set(members.map(({ unit }) => betterOf(unit)))];
    return { title: group, note: units.join(', '), bars: members.map((figure) => bar(figure, measure)) };
  });
}

/** `measure` is what all ratios are of. */
function bar({ subject, own = false, unit, value, oursOver }: Figure, measure: string): Bar {
  return {
    label: subject,
    value: value.median,
    min: value.min,
    max: value.max,
    own,
    text: formatValue(value.median, unit),
    remark: oursOver ? `${measure} is ${formatValue(oursOver.median, '×')}` : '',
  };
}
