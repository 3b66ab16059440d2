import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ChartText, drawChart } from '../../src/cli/chart.js';
import { formatDashboard } from '../../src/cli/dashboard-table.js';
import { paint, redrawsOn } from '../../src/cli/terminal.js';
import { affordableCalls, createSeries, measureGetter, type Series } from './comparison.js';
import { DemoFailure } from './failure.js';
import { createLeakingGetter } from './leaking-getter.js';
import { createProgress } from './progress.js';
import { createScopedGetter } from './scoped-getter.js';
import { type DemoTarget, openTarget } from './target.js';

const wantedCalls = 300;
const output = process.stdout;

function readSvgPath(): string {
  const { values } = parseArgs({ options: { svg: { type: 'string' } } });
  const standard = fileURLToPath(new URL('../results/demo.svg', import.meta.url));
  return values.svg === undefined ? standard : resolve(values.svg);
}

async function compare(target: DemoTarget, signal: AbortSignal): Promise<[Series, Series]> {
  const calls = await affordableCalls(target.observer, wantedCalls);
  if (calls < wantedCalls) output.write(`only ${calls} calls, to stay well below maxclients\n`);
  const getters = [
    createLeakingGetter(target.url, target.key),
    createScopedGetter(target.url, target.key),
  ] as const;
  const series: [Series, Series] = [createSeries(getters[0].label), createSeries(getters[1].label)];
  const progress = createProgress(output, series, calls);
  const options = {
    calls,
    observer: target.observer,
    signal,
    paceMs: redrawsOn(output) ? 12 : 0,
    onSample: progress.update,
  };
  for (const [index, getter] of getters.entries()) await measureGetter(getter, series[index]!, options);
  progress.finish();
  return series;
}

function chartText(target: DemoTarget): ChartText {
  const ioredis = (
    createRequire(import.meta.url)('ioredis/package.json') as {
      version: string;
    }
  ).version;
  const day = new Date().toISOString().slice(0, 10);
  const server = target.description.split(' ', 2).join(' ');
  return {
    title: 'Connections a getter leaves open on the Redis server',
    subtitle: `Measured by npm run demo: ${server}, ioredis ${ioredis}, Node ${process.versions.node}, ${day}`,
    xLabel: 'calls of the getter',
    yLabel: 'connected_clients',
  };
}

async function writeChart(
  path: string,
  target: DemoTarget,
  series: readonly [Series, Series],
): Promise<void> {
  const [leaking, scoped] = series.map(({ label, connectedClients }) => ({
    label,
    values: connectedClients,
  }));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, drawChart(chartText(target), [leaking!, scoped!]));
}

function summarize([leaking, scoped]: readonly [Series, Series]): string {
  const left = ({ connectedClients }: Series) => connectedClients.at(-1)! - connectedClients[0]!;
  const calls = leaking.connectedClients.length - 1;
  return (
    `${calls} calls each: the ${leaking.label} left ${left(leaking)} connections open, the ${scoped.label} ${left(scoped)}.\n` +
    `All of them have been closed since: connected_clients is at ${scoped.clientsAfterClose}.`
  );
}

async function runDemo(signal: AbortSignal): Promise<void> {
  const svgPath = readSvgPath();
  const target = await openTarget();
  try {
    output.write(`${paint(output, 'dim', `${target.description}, watched by a connection of its own`)}\n\n`);
    const series = await compare(target, signal);
    await writeChart(svgPath, target, series);
    output.write(`\n${summarize(series)}\n`);
    output.write(`\nWhat the scoped getter read\n\n${formatDashboard(series[1].lastData as object)}\n`);
    output.write(`\nChart: ${relative(process.cwd(), svgPath)}\n`);
  } finally {
    await target.close();
  }
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new DemoFailure('interrupted')));

try {
  await runDemo(interrupt.signal);
} catch (error) {
  const expected =
    error instanceof DemoFailure || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  console.error(expected ? `demo: ${(error as Error).message}` : error);
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
}
