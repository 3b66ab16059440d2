import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkTypes } from './compilers.js';
import { install, nodeRuntime, type Runtime, type Server, servers } from './runtimes.js';
import { runSuite, type Verdict } from './suites.js';
import { format, type Results, writeTable } from './table.js';

/**
 * The contract suite and the packed package on every supported Node, ioredis and server, and the types under every
 * supported compiler. `npm run test:matrix` writes the table into test/README.md; with `--cut` it is the newest Node alone,
 * which belongs to `npm test`.
 */
const MAJORS = [20, 22, 24, 26];
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const installed = (name: string): string => manifest.devDependencies[name].replace(/^.*@/, '');
const oldestIoredis: string = /\d+\.\d+\.\d+/.exec(manifest.peerDependencies.ioredis)?.[0] ?? '';

/** Each ioredis, and the vitest project that resolves to it. */
const clients = [
  { version: oldestIoredis, project: 'other-ioredis' },
  { version: installed('ioredis-5'), project: 'ioredis5' },
  { version: installed('ioredis'), project: 'ioredis6' },
];

function say(text: string): void {
  console.log(`matrix: ${text}`);
}

function report(what: string, verdict: Verdict): Verdict {
  say(`${verdict.ok ? '✓' : '✗'} ${what}${verdict.passed > 0 ? `: ${verdict.passed} passed` : ''}`);
  for (const name of verdict.failed) say(`  ${name}`);
  if (!verdict.ok) process.exitCode = 1;
  return verdict;
}

async function runNode(runtime: Runtime, server: Server): Promise<Map<string, Verdict>> {
  const row = new Map<string, Verdict>();
  for (const { version, project } of clients) {
    const name = `ioredis ${version}`;
    const env =
      project === 'other-ioredis'
        ? { WITH_REDIS_TEST_IOREDIS: join(install('ioredis', version), 'built/index.js') }
        : {};
    const verdict = await runSuite({ runtime, server, project, path: 'test/contract', env });
    row.set(name, report(`Node ${runtime.version}, ${name}, ${server.description}`, verdict));
  }
  const suite = { runtime, server, project: 'ioredis6', path: 'test/package/tarball' };
  const packed = await runSuite(suite);
  row.set('packed, as ESM and CommonJS', report(`Node ${runtime.version}, packed`, packed));
  return row;
}

async function runAll(): Promise<Results> {
  const cells = new Map<string, Map<string, Map<string, Verdict>>>();
  for (const server of servers()) {
    const rows = new Map<string, Map<string, Verdict>>();
    for (const major of MAJORS) {
      const runtime = nodeRuntime(major);
      rows.set(`Node ${runtime.version}`, await runNode(runtime, server));
    }
    cells.set(server.description, rows);
  }
  const compilers = new Map<string, Verdict>();
  for (const wanted of [installed('typescript-5.4'), installed('typescript'), 'latest']) {
    const { version } = JSON.parse(readFileSync(join(install('typescript', wanted), 'package.json'), 'utf8'));
    compilers.set(version, report(`TypeScript ${version}`, await checkTypes(wanted)));
  }
  return { cells, compilers };
}

/** A registry that cannot be reached is not a fault of the package. */
async function runCut(): Promise<void> {
  const newest = Math.max(...MAJORS);
  const [server] = servers();
  if (!server || Number.parseInt(process.versions.node, 10) >= newest) return;
  let runtime: Runtime;
  try {
    runtime = nodeRuntime(newest);
  } catch (error) {
    say(`skipped, for Node ${newest} could not be installed: ${error}`);
    return;
  }
  const verdict = await runSuite({ runtime, server, project: 'ioredis6', path: 'test/contract' });
  report(`Node ${runtime.version}, contract`, verdict);
}

if (process.argv.includes('--cut')) await runCut();
else writeTable(format(await runAll()));
