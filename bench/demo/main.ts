import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ChartText, drawChart } from '../../src/cli/chart.js';
import { formatDashboard } from '../../src/cli/dashboard-table.js';
import { printable } from '../../src/cli/printable.js';
import { paint, redrawsOn } from '../../src/cli/terminal.js';
import { getRealtimeDashboardData } from '../../src/dashboard/index.js';
import { count } from '../../src/testing/description.js';
import { affordableCalls, measureGetter, type Series } from './comparison.js';
import { DemoFailure, reasonOf, untilAborted } from './failure.js';
import * as leakingGetter from './getters/leaking.js';
import * as scopedGetter from './getters/scoped.js';
import { createProgress } from './progress.js';
import { type DemoTarget, openTarget } from './target.js';

const wantedCalls = 300;
const output = process.stdout;

const explanation = `The classic getter makes a client on every call and closes none (bench/demo/getters/leaking.ts); the scoped one
borrows from a pool (scoped.ts). After each call the server is asked for its connected_clients: the scoped getter
keeps one connection, however often it is called; the classic one leaves one more with every call.
`;

/** A picture only where one is asked for: `--svg bench/results/demo.svg` makes that of the README. */
function readSvgPath(): string | undefined {
  const { values } = parseArgs({ options: { svg: { type: 'string' } } });
  return values.svg === undefined ? undefined : resolve(values.svg);
}

/** The leaking getter comes last: what it opened closes with this process. */
async function compare(
  { observer }: DemoTarget,
  [scoped, leaking]: readonly [Series, Series],
  signal: AbortSignal,
): Promise<void> {
  const calls = await affordableCalls(observer, wantedCalls);
  if (calls < wantedCalls) output.write(`only ${calls} calls, to stay well below maxclients\n`);
  const progress = createProgress(output, [scoped, leaking], calls);
  const options = { calls, observer, signal, paceMs: redrawsOn(output) ? 12 : 0, onSample: progress.update };
  await measureGetter(scopedGetter.getPrice, scoped, options);
  await scopedGetter.cache.close();
  await measureGetter(leakingGetter.getPrice, leaking, options);
  progress.finish();
}

/** Both figures as `summarize` tells them: what others have open on the server is not counted. */
function chartTitle(series: readonly Series[]): string {
  const [scoped, leaking] = series.map(leftOpen) as [number, number];
  const calls = Math.max(...series.map(({ connectedClients }) => connectedClients.length - 1));
  return `with-redis holds ${count(scoped, 'connection')}, the classic getter ${leaking}, after ${calls} calls`;
}

function chartText(target: DemoTarget, series: readonly Series[]): ChartText {
  const ioredis = (
    createRequire(import.meta.url)('ioredis/package.json') as {
      version: string;
    }
  ).version;
  const day = new Date().toISOString().slice(0, 10);
  const server = target.description.split(' ', 2).join(' ');
  return {
    title: chartTitle(series),
    subtitle: `Measured by npm run demo: ${server}, ioredis ${ioredis}, Node ${process.versions.node}, ${day}`,
    xLabel: 'calls of the getter',
    yLabel: 'connected_clients',
  };
}

async function writeChart(path: string, target: DemoTarget, series: readonly Series[]): Promise<void> {
  const lines = series.map(({ label, tone, connectedClients }) => ({
    label: tone === 'good' ? 'with-redis' : label,
    tone,
    values: connectedClients,
  }));
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, drawChart(chartText(target, series), lines));
  } catch (error) {
    throw new DemoFailure(`cannot write the chart: ${reasonOf(error)}`);
  }
}

function leftOpen({ connectedClients }: Series): number {
  return connectedClients.at(-1)! - connectedClients[0]!;
}

function summarize(each: Series): string {
  const calls = each.connectedClients.length - 1;
  return `${count(calls, 'call')}: the ${each.label} left ${count(leftOpen(each), 'connection')} open`;
}

const quiet = { info() {}, warn() {}, error() {} };

/** What has been measured is told, also when it ends before its time; half a picture would be none. */
async function measured(target: DemoTarget, signal: AbortSignal): Promise<readonly Series[]> {
  const scoped: Series = { label: 'scoped getter', tone: 'good', connectedClients: [] };
  const leaking: Series = { label: 'classic getter', tone: 'bad', connectedClients: [] };
  try {
    await untilAborted(signal, compare(target, [scoped, leaking], signal));
  } finally {
    const called = [scoped, leaking].filter(({ connectedClients }) => connectedClients.length > 1);
    if (called.length > 0) output.write(`\n${called.map(summarize).join('\n')}\n`);
  }
  return [scoped, leaking];
}

async function runDemo(signal: AbortSignal): Promise<void> {
  const svgPath = readSvgPath();
  const target = await openTarget(signal);
  process.env.REDIS_URL = target.url;
  try {
    output.write(
      `${paint(output, 'dim', `${printable(target.description)}, watched by a connection of its own`)}\n\n${explanation}\n`,
    );
    const series = await measured(target, signal);
    const data = await untilAborted(
      signal,
      getRealtimeDashboardData({ key: target.key, attempts: 1, logger: quiet }),
    );
    output.write(`\nWhat with-redis/dashboard reads\n\n${formatDashboard(data ?? {})}\n`);
    if (svgPath === undefined) return;
    await writeChart(svgPath, target, series);
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
  console.error(expected ? `demo: ${printable((error as Error).message)}` : error);
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
}

// The classic getter would keep the process alive.
process.exit();
