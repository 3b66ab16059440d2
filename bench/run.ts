import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchArguments, readArguments, UsageError, usage } from './arguments.js';
import { type Build, build } from './build.js';
import { reasonOf } from './demo/failure.js';
import { readEnvironment } from './environment.js';
import type { ScenarioResult } from './figures.js';
import { launch } from './launch.js';
import { createProgress, type Progress } from './progress.js';
import { writeCharts } from './report/charts.js';
import { formatEnvironment, writeResultsTo, writeSummaryTo } from './report/readme.js';
import { figuresTable, formatPlain, noisyLegend, verdictsTable } from './report/tables.js';
import { merge, type Results, readResults, writeResults } from './results-file.js';
import { type ScenarioName, scenarioNames } from './scenario-names.js';
import { storedValue } from './stored-value.js';
import { type BenchTarget, openTarget } from './target.js';

const output = process.stdout;
const here = fileURLToPath(new URL('.', import.meta.url));
const latest = join(here, 'results/latest.json');

async function bench(options: BenchArguments, progress: Progress, signal: AbortSignal): Promise<void> {
  if (options.draw) return redraw(progress);
  progress.show('bench', 'building the package', '');
  const built = await build(options.packageFile);
  const target = await openTarget();
  try {
    const environment = readEnvironment(target.description);
    progress.say(`${formatEnvironment(environment)}\n`);
    const measured = await measureAll({ options, built, target, progress, signal });
    const previous = options.quick ? undefined : await readResults(latest);
    const results = merge(previous, environment, measured, scenarioNames);
    progress.say(formatVerdicts(results, options));
    await write(results, options, progress);
  } finally {
    await target.close();
  }
}

/** What is stored says all that a chart or a table needs. */
async function redraw({ say }: Progress): Promise<void> {
  const results = await readResults(latest);
  if (!results) throw new UsageError(`there are no figures in ${relative(process.cwd(), latest)}`);
  await publish(results);
  say(`Drawn from the figures of ${relative(process.cwd(), latest)}`);
}

interface Run {
  readonly options: BenchArguments;
  readonly built: Build;
  readonly target: BenchTarget;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** One that fails does not take the others' figures along. */
async function measureAll(run: Run): Promise<ScenarioResult[]> {
  const { options, progress, signal } = run;
  const measured: ScenarioResult[] = [];
  for (const scenario of options.scenarios) {
    try {
      const result = await measure(run, scenario);
      measured.push(result);
      progress.say(formatScenario(result));
    } catch (error) {
      signal.throwIfAborted();
      progress.say(`\n${scenario}: ${reasonOf(error)}; the others go on\n`);
      process.exitCode = 1;
    }
  }
  return measured;
}

function measure({ options, built, target, progress, signal }: Run, scenario: ScenarioName) {
  const { plan, quick } = options;
  const { url, key, prefix } = target;
  const job = { scenario, plan, quick, packageFile: built.packageFile, url, key, prefix, value: storedValue };
  const show = (stage: string, detail: string) => progress.show(scenario, stage, detail);
  return launch(built.workerFile, job, show, signal);
}

function formatScenario(result: ScenarioResult): string {
  const seconds = Math.round(result.tookMs / 1_000);
  const lines = [`${result.title} (${seconds} s)`, formatPlain(figuresTable(result)), ...result.notes];
  return `\n${lines.join('\n')}\n`;
}

function formatVerdicts({ verdicts }: Results, { scenarios }: BenchArguments): string {
  const chosen = verdicts.filter(({ scenario }) => scenarios.some((name) => name === scenario));
  if (chosen.length === 0) return '';
  return `Targets\n${formatPlain(verdictsTable(chosen))}\n${noisyLegend}\n`;
}

/** A quick run is no result: it leaves what is committed alone. */
async function write(results: Results, { quick, json }: BenchArguments, { say }: Progress): Promise<void> {
  const folder = quick ? join(here, 'results/tmp') : join(here, 'results');
  const files = [quick ? join(folder, 'quick.json') : latest, ...(json === undefined ? [] : [json])];
  for (const file of files) await writeResults(file, results);
  if (quick) await writeCharts(folder, results.environment, results.scenarios);
  else await publish(results);
  say(
    `Written: ${files.map((file) => relative(process.cwd(), file)).join(', ')}, and a chart for each scenario`,
  );
}

async function publish(results: Results): Promise<void> {
  await writeCharts(join(here, 'results'), results.environment, results.scenarios);
  await writeResultsTo(join(here, 'README.md'), results);
  await writeSummaryTo(join(here, '../README.md'), results);
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());

const progress = createProgress(output);
try {
  await bench(readArguments(), progress, interrupt.signal);
} catch (error) {
  progress.end();
  const isUsage =
    error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
  if (isUsage) console.error(`bench: ${reasonOf(error)}\n${usage}`);
  else console.error(interrupt.signal.aborted ? 'bench: interrupted' : error);
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
}
