import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KNOWN_FAULTS, type KnownFault } from './known-faults.js';
import { allBut } from './programs/features.js';
import { compileAgainst, runWorker } from './worker.js';

/**
 * `tsx test/simulation/prove.ts [--against 91623aa] [--seed 1] [--minutes 10]`: looks for known faults in a state of the
 * package that had them, and prints a table of what was found, after how many programs and seconds.
 */
const { values } = parseArgs({
  options: {
    /** Version 1.0.0, before any of them was mended. */
    against: { type: 'string', default: '91623aa' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** For each fault, on one core. */
    minutes: { type: 'string', default: '10' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'pipe' });

interface Found {
  readonly program: number;
  readonly tried: number;
  readonly after: number;
}

async function lookFor({ features, shows }: KnownFault, file: string): Promise<Found | undefined> {
  const without = allBut(features).flatMap((feature) => ['--without', feature]);
  const limits = ['--seed', values.seed, '--minutes', values.minutes, '--as-is', '--until', shows.source];
  let found: Found | undefined;
  await runWorker(file, [...limits, ...without], ({ failure }) => {
    if (failure && shows.test(failure.violation))
      found = { program: failure.seed, tried: failure.tried, after: failure.after };
  });
  return found;
}

const folder = mkdtempSync(join(root, 'node_modules', '.with-redis-proof-'));
const tree = join(folder, 'tree');
git('worktree', 'add', '--detach', tree, values.against);
try {
  const file = join(folder, 'program.mjs');
  await compileAgainst(tree, file);
  console.log(
    `| fault of ${values.against} | programs tried | seconds | again by, seed ${values.seed} |\n|---|---|---|---|`,
  );
  for (const fault of KNOWN_FAULTS) {
    const found = await lookFor(fault, file);
    const cells = found
      ? [found.tried, found.after.toFixed(1), found.program]
      : ['not found', values.minutes, ''];
    console.log(`| ${fault.number}. ${fault.title} | ${cells.join(' | ')} |`);
    if (!found) process.exitCode = 1;
  }
} finally {
  git('worktree', 'remove', '--force', tree);
  rmSync(folder, { recursive: true, force: true });
}
