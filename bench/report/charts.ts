import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.js';
import type { Figure, ScenarioResult } from '../figures.js';
import { isDetail, ours } from '../subjects.js';
import { type Bar, drawBars, type Panel } from './bar-chart.js';
import { formatValue } from './numbers.js';

/** One SVG for each scenario. */
export async function writeCharts(
  folder: string,
  environment: Environment,
  scenarios: readonly ScenarioResult[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const scenario of scenarios) {
    const title = scenario.title;
    const chart = drawBars({ title, subtitle: subtitle(environment, scenario) }, panels(scenario.figures));
    await writeFile(join(folder, `${scenario.name}.svg`), chart);
  }
}

function subtitle({ versions, machine }: Environment, { figures, measuredAt }: ScenarioResult): string {
  const server = versions.server!.split(' ', 2).join(' ');
  const software = `${server}, ioredis ${versions.ioredis}, Node ${versions.node}`;
  const rounds = Math.max(0, ...figures.map(({ value }) => value.rounds.length));
  const method = rounds > 1 ? `median of ${rounds} rounds, min to max as a line` : 'one run';
  return `${method}; ${software}, ${machine.cores} cores, ${measuredAt.slice(0, 10)}`;
}

function panels(figures: readonly Figure[]): Panel[] {
  const groups = [...new Set(figures.map(({ group }) => group))].filter((group) => !isDetail(group));
  return groups.map((group) => {
    const members = figures.filter((figure) => figure.group === group);
    return { title: group, bars: members.map(bar) };
  });
}

function bar({ subject, own = false, unit, value, oursOver }: Figure): Bar {
  return {
    label: subject,
    value: value.median,
    min: value.min,
    max: value.max,
    own,
    text: formatValue(value.median, unit),
    remark: oursOver ? `${ours} ${formatValue(oursOver.median, '×')}` : '',
  };
}
