import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, type Runtime, type Server } from './runtimes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

export interface Verdict {
  readonly ok: boolean;
  readonly passed: number;
  /** What failed, by name. */
  readonly failed: readonly string[];
}

export interface Suite {
  readonly runtime: Runtime;
  readonly server: Server;
  /** Of the vitest configuration. */
  readonly project: string;
  readonly paths: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs vitest itself on the given Node. */
export async function runSuite({ runtime, server, project, paths, env }: Suite): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'with-redis-matrix-report-'));
  const report = join(folder, 'report.json');
  const config = ['--config', 'test/vitest.config.ts', '--root', '.', '--project', project];
  const output = ['--reporter=json', `--outputFile=${report}`];
  const said = await run([runtime.node, vitest, 'run', ...config, ...output, ...paths], {
    ...environment(runtime, server),
    ...env,
  });
  try {
    return read(JSON.parse(await readFile(report, 'utf8')));
  } catch {
    return { ok: false, passed: 0, failed: [said] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function read({ numPassedTests, testResults }: Report): Verdict {
  const failed = testResults.flatMap(({ assertionResults, message, name }) => {
    const tests = assertionResults.filter(({ status }) => status === 'failed');
    return message && tests.length === 0 ? [`${name}: ${message}`] : tests.map(({ fullName }) => fullName);
  });
  return { ok: failed.length === 0 && numPassedTests > 0, passed: numPassedTests, failed };
}

/** What a program printed, however it ended; it has ten minutes. */
export function run(command: readonly string[], env: NodeJS.ProcessEnv, cwd = root): Promise<string> {
  const [program = '', ...args] = command;
  const options = { cwd, env, timeout: 600_000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(program, args, options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}
