import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTlsServer } from '../support/tls-server.js';
import { checkTypes } from './compilers.js';
import { runChecks } from './elsewhere.js';
import { places } from './places.js';
import {
  install,
  nodeRuntime,
  otherServers,
  ownServers,
  type Runtime,
  type Server,
  versionOf,
} from './runtimes.js';
import { runSuite, type Verdict } from './suites.js';
import { format, type Results, writeTable } from './table.js';

/**
 * The contract suite and the packed package on every supported Node, ioredis and server, the types under every supported
 * compiler, and the checks of `test/package/consumer/everywhere.mjs` in other runtimes, package managers and bundles.
 * `npm run test:matrix` writes the tables into test/README.md; with `--cut` it is the newest Node alone, which belongs to
 * `npm test`.
 */
const MAJORS = [20, 22, 24, 26];
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const installed = (name: string): string => manifest.devDependencies[name].replace(/^.*@/, '');
const oldestIoredis: string = /\d+\.\d+\.\d+/.exec(manifest.peerDependencies.ioredis)?.[0] ?? '';
const thisNode: Runtime = { version: process.versions.node, node: process.execPath };

const CONTRACT = ['test/contract'];
/** What asks a server for more: other versions answer in other words. */
const SERVER_SUITES = [
  ...CONTRACT,
  'test/integration/sentinel',
  'test/integration/dirty-state',
  'test/integration/given-up',
  'test/integration/tls',
];

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

/** One row: each ioredis on that Node, against that server. */
async function runClients(runtime: Runtime, server: Server, paths: readonly string[]) {
  const row = new Map<string, Verdict>();
  for (const { version, project } of clients) {
    const name = `ioredis ${version}`;
    const env =
      project === 'other-ioredis'
        ? { WITH_REDIS_TEST_IOREDIS: join(install('ioredis', version), 'built/index.js') }
        : {};
    const verdict = await runSuite({ runtime, server, project, paths, env });
    row.set(name, report(`Node ${runtime.version}, ${name}, ${server.description}`, verdict));
  }
  return row;
}

async function runNodes(server: Server) {
  const rows = new Map<string, Map<string, Verdict>>();
  for (const major of MAJORS) {
    const runtime = nodeRuntime(major);
    const row = await runClients(runtime, server, CONTRACT);
    const suite = { runtime, server, project: 'ioredis6', paths: ['test/package/tarball'] };
    const packed = await runSuite(suite);
    row.set('packed, as ESM and CommonJS', report(`Node ${runtime.version}, packed`, packed));
    rows.set(`Node ${runtime.version}`, row);
  }
  return rows;
}

async function runServers(servers: readonly Server[]) {
  const rows = new Map<string, Map<string, Verdict>>();
  for (const server of servers)
    rows.set(server.description, await runClients(thisNode, server, SERVER_SUITES));
  return rows;
}

async function runCompilers() {
  const row = new Map<string, Verdict>();
  for (const wanted of [installed('typescript-5.4'), installed('typescript'), 'latest']) {
    const version = versionOf(install('typescript', wanted));
    row.set(version, report(`TypeScript ${version}`, await checkTypes(wanted)));
  }
  return row;
}

async function runPlaces() {
  const row = new Map<string, Verdict>();
  const server = await startTlsServer();
  try {
    for (const place of places())
      row.set(place.name, report(place.name, await runChecks(place, installed('ioredis'), server)));
  } finally {
    await server.stop();
  }
  return row;
}

async function runAll(): Promise<Results> {
  const [own, ...more] = ownServers();
  if (!own) throw new Error('neither redis-server nor valkey-server is in PATH');
  return {
    places: await runPlaces(),
    servers: await runServers([...more, ...otherServers()]),
    compilers: await runCompilers(),
    nodes: await runNodes(own),
    own: own.description,
    ours: `Node ${thisNode.version}`,
  };
}

/** A registry that cannot be reached is not a fault of the package. */
async function runCut(): Promise<void> {
  const newest = Math.max(...MAJORS);
  const [server] = ownServers();
  if (!server || Number.parseInt(process.versions.node, 10) >= newest) return;
  let runtime: Runtime;
  try {
    runtime = nodeRuntime(newest);
  } catch (error) {
    say(`skipped, for Node ${newest} could not be installed: ${error}`);
    return;
  }
  const verdict = await runSuite({ runtime, server, project: 'ioredis6', paths: CONTRACT });
  report(`Node ${runtime.version}, contract`, verdict);
}

if (process.argv.includes('--cut')) await runCut();
else writeTable(format(await runAll()));
