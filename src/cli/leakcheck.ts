import { writeFile } from 'node:fs/promises';
import { checkLeaks, type LeakCheckOptions, type LeakReport } from '../testing/index.js';
import { runtimeLimits } from '../testing/runtime-limits.js';
import { readArguments, readCount, readSeconds, readUrl, refuseMore, refuseUrl } from './arguments.js';
import type { Command } from './command.js';
import { drawReport } from './leak-picture.js';
import { reasonOf, summarize } from './leak-summary.js';
import { startOwnServer } from './own-server.js';
import { printableJson } from './printable.js';
import { createProgress, type Progress } from './progress.js';
import { loadFunction, readServiceName } from './service.js';
import { type Guard, guardProcess, takeStdout } from './takeover.js';
import { UsageError } from './usage-error.js';

const help = `Usage: with-redis leakcheck <file#function> [options]

Calls a function again and again, and tells whether connections stay open, and which line opened them. It is called
without arguments: for one that needs some, export a wrapper. It finds the server in REDIS_URL. The file may be
anything that Node can import; for TypeScript set NODE_OPTIONS="--import tsx", for a bundle "--enable-source-maps".

  with-redis leakcheck ./service.js#getDashboard --calls 200

Options
  --calls <n>           calls that are measured, more where they leave a doubt; default 200
  --concurrency <n>     calls at once; default 10
  --warmup <n>          calls before those, in which pools may fill; default twice the concurrency
  --settle <seconds>    how long connections may take to close; default: up to 10 while some do, else 2
  --deadline <seconds>  limit of the whole check; default 60
  --url <url>           the server; default: REDIS_URL, else a redis-server of its own, from PATH
  --svg <file>          draw connections over calls into an SVG file
  --json                the report as JSON; what the function prints goes to stderr

What has been found is also told at the deadline and on Ctrl-C.

Exit codes: 0 no leak, 1 a leak, 2 inconclusive, a mistake in the arguments, or a server that cannot be used.
`;

const flags = {
  calls: { type: 'string' },
  concurrency: { type: 'string' },
  warmup: { type: 'string' },
  settle: { type: 'string' },
  deadline: { type: 'string' },
  url: { type: 'string' },
  svg: { type: 'string' },
  json: { type: 'boolean' },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, flags);
  refuseMore(positionals.slice(1));
  const service = readServiceName(positionals[0]);
  refuseUrl('svg', values.svg);
  const limits = readLimits(values);
  const stdout = takeStdout(values.json === true);
  const progress = createProgress(process.stderr);
  const guard = guardProcess(progress.tell);
  try {
    const url = await chooseServer(values.url);
    const report = await check(await loadFunction(service), { ...limits, url }, guard, progress);
    await stdout.write(values.json ? toJson(report) : summarize(service.label, report, process.stdout));
    if (values.svg !== undefined) await drawInto(values.svg, service.label, report);
    return guard.exitCode ?? exitCodes[report.verdict];
  } catch (error) {
    // It ended before the first call, and why is known.
    if (error === guard.signal.reason) return guard.exitCode ?? 2;
    throw error;
  } finally {
    guard.finish();
    stdout.giveBack();
  }
}

const exitCodes = { 'no leak': 0, leak: 1, inconclusive: 2 } as const;

function readLimits(values: Readonly<Partial<Record<string, string | boolean>>>) {
  const count = (name: string, least: number) => readCount(name, values[name] as string | undefined, least);
  const ms = (name: string) => {
    const seconds = readSeconds(name, values[name] as string | undefined);
    return seconds && seconds * 1_000;
  };
  return {
    calls: count('calls', 1),
    concurrency: count('concurrency', 1),
    warmup: count('warmup', 0),
    settleMs: ms('settle'),
    deadlineMs: ms('deadline'),
  };
}

/** The function reads REDIS_URL, so both go to the same server. */
async function chooseServer(flag: string | undefined): Promise<string> {
  const url = readUrl(flag) ?? (await startOwnServer());
  process.env.REDIS_URL = url;
  return url;
}

async function check(
  fn: () => unknown,
  options: LeakCheckOptions,
  { signal, begin }: Guard,
  { update, end }: Progress,
): Promise<LeakReport> {
  begin();
  if (runtimeLimits !== undefined) process.stderr.write(`${runtimeLimits}\n`);
  return checkLeaks(fn, { ...options, signal, onProgress: update }).finally(end);
}

function toJson(report: LeakReport): string {
  const { count, first } = report.errors;
  const errors = { count, first: count > 0 ? reasonOf(first) : null };
  return `${printableJson({ ...report, errors }, 2)}\n`;
}

async function drawInto(file: string, name: string, report: LeakReport): Promise<void> {
  try {
    await writeFile(file, drawReport(name, report));
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

export const command: Command = { help, run };
