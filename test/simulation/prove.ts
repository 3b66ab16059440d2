import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Mutation, mutations } from '../mutation/mutations.js';
import { type Findings, type Found, tablesOf } from './findings.js';
import { KNOWN_FAULTS } from './known-faults.js';
import { MutatedPackage } from './mutated-package.js';
import type { Failure } from './report.js';
import { runWorker } from './worker.js';
import { Random } from './world/random.js';

/**
 * `npm run simulate:prove [-- --seed 1 --faults 60,61 --mutations 0]`: takes the mend of each known fault out of a copy
 * of the package, and makes a random third of the mistakes of the mutation test in it, each for itself; looks for them
 * with programs that nobody chose; writes what was found into found.json, and the tables into FOUND.md.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** Numbers, or parts of titles; all of them where nothing is said, none with `-`. */
    faults: { type: 'string', default: '' },
    /** How many of the mutations: a share of all of them. */
    mutations: { type: 'string', default: '0.333' },
    /** A part of the names of the mutated files. */
    in: { type: 'string', default: '' },
    'fault-minutes': { type: 'string', default: '10' },
    'mutation-minutes': { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed);
const results = fileURLToPath(new URL('found.json', import.meta.url));
const page = fileURLToPath(new URL('FOUND.md', import.meta.url));
const folder = mkdtempSync(
  join(fileURLToPath(new URL('../../node_modules', import.meta.url)), '.with-redis-proof-'),
);
const copy = new MutatedPackage(folder);

/** Whether a worker finds that something goes wrong, and what it had tried by then. */
async function simulate(file: string, ...args: string[]) {
  const seen: { failure?: Failure; tried: { scopes: number; seconds: number } } = {
    tried: { scopes: 0, seconds: 0 },
  };
  await runWorker(file, args, ({ failure, progress, end }) => {
    if (failure) seen.failure ??= failure;
    seen.tried = end ?? progress ?? seen.tried;
  });
  return seen;
}

const isOfCluster = ({ file }: Mutation) => file.startsWith('src/cluster/');

/** The first program that goes wrong with the changes, and goes well without them. */
async function lookFor(
  changes: readonly Mutation[],
  major: 5 | 6,
  minutes: number,
  shrinks: boolean,
): Promise<Found> {
  const whole = await copy.compile([], major);
  const file = await copy.compile(changes, major);
  // What is in a cluster's part only programs in a cluster can show.
  const where = changes.every(isOfCluster) ? ['--address', 'cluster'] : [];
  let [scopes, seconds] = [0, 0];
  for (let from = seed; seconds < minutes * 60; from += 1) {
    const left = String(minutes - seconds / 60);
    const { failure, tried } = await simulate(
      file,
      '--seed',
      String(from),
      '--minutes',
      left,
      ...where,
      ...(shrinks ? [] : ['--as-is']),
    );
    scopes += failure?.scopes ?? tried.scopes;
    seconds += failure?.after ?? tried.seconds;
    if (!failure) continue;
    // With `--as-is` it is the program itself.
    const same = await simulate(whole, '--plan', JSON.stringify(failure.shortest), '--as-is');
    // Not by the change: a fault that is still to be mended, and to be told of.
    if (same.failure) console.log(`program ${failure.seed} goes wrong also without: ${failure.violation}`);
    else {
      const { seed: program, kind: shows, shortest } = failure;
      return { found: true, scopes, seconds: round(seconds), program, shows, ...(shrinks && { shortest }) };
    }
  }
  return { found: false, scopes, seconds: round(seconds) };
}

const round = (seconds: number) => Number(seconds.toFixed(1));

function write(findings: Findings): void {
  writeFileSync(results, `${JSON.stringify(findings, undefined, 1)}\n`);
  writeFileSync(page, tablesOf(findings, KNOWN_FAULTS, mutations));
}

const findings = JSON.parse(readFileSync(results, 'utf8')) as Findings;
const wanted = values.faults.split(',');
const isWanted = ({ number, title }: (typeof KNOWN_FAULTS)[number]) =>
  wanted.some((part) => (/^\d+$/.test(part) ? part === String(number) : title.includes(part)));
const random = new Random(seed);
try {
  for (const fault of KNOWN_FAULTS.filter(isWanted)) {
    const found = await lookFor(fault.mend, fault.major ?? 6, Number(values['fault-minutes']), true);
    console.log(
      `${fault.number ?? '-'}. ${fault.title}: ${JSON.stringify({ ...found, shortest: undefined })}`,
    );
    findings.faults[fault.title] = { ...found, seed };
    write(findings);
  }
  for (const mutation of mutations) {
    if (!mutation.file.includes(values.in)) continue;
    if (!random.chance(Number(values.mutations))) continue;
    const found = await lookFor([mutation], 6, Number(values['mutation-minutes']), false);
    console.log(`${mutation.file}: ${mutation.from.split('\n')[0]}: ${JSON.stringify(found)}`);
    findings.mutations[`${mutation.file} ${mutation.from} ${mutation.to}`] = { ...found, seed };
    write(findings);
  }
  write(findings);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
