import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutation, mutations } from './mutations.js';

/**
 * Makes each mistake in a copy of the tree, runs the quick suites, and says which were not noticed. By hand:
 * `npx tsx test/mutation/run.ts [part of a file name]`.
 */
const QUICK = ['test/contract', 'test/property', 'test/pitfalls', 'test/fault', 'test/unit'];
/** For what those have not noticed. */
const THOROUGH = ['test/fault/matrix', 'test/integration/dirty-state', 'test/integration/process'];
/** What the suites read. */
const COPIED = [
  'src',
  'test',
  'bench',
  '.github',
  'package.json',
  'tsconfig.json',
  'README.md',
  'CHANGELOG.md',
];
const root = new URL('../..', import.meta.url).pathname;
const copy = mkdtempSync(join(tmpdir(), 'with-redis-mutation-'));
for (const name of COPIED) {
  cpSync(join(root, name), join(copy, name), { recursive: true });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

function run(project: string, ...suites: readonly string[]): boolean {
  const options = ['--config', 'test/vitest.config.ts', '--root', '.', '--project', project, '--bail', '1'];
  const { status } = spawnSync('npx', ['vitest', 'run', ...options, ...suites], {
    cwd: copy,
    stdio: 'ignore',
    timeout: 180_000,
  });
  return status === 0;
}

const SLOW = ['--exclude', '**/matrix.test.ts', '--exclude', '**/process.test.ts'];
const passesAlone = () => run('ioredis6', ...SLOW, ...QUICK) && run('ioredis6', ...THOROUGH);
const passesInCluster = () =>
  run('ioredis6', 'test/unit/cluster', 'test/integration/cluster') && run('cluster', 'test/contract');

const suiteOf = ({ file }: Mutation) => (file.startsWith('src/cluster/') ? passesInCluster : passesAlone);

try {
  const chosen = mutations.filter(({ file }) => file.includes(process.argv[2] ?? ''));
  for (const passes of new Set(chosen.map(suiteOf))) {
    if (!passes()) throw new Error('the suites fail without any mutation');
  }
  let killed = 0;
  for (const mutation of chosen) {
    const { file, from, to } = mutation;
    const path = join(copy, file);
    const source = readFileSync(path, 'utf8');
    if (source.split(from).length !== 2) {
      console.log(`stale      ${file}: ${from}`);
      continue;
    }
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const survived = suiteOf(mutation)();
    writeFileSync(path, source);
    if (!survived) killed += 1;
    console.log(`${survived ? 'SURVIVED' : 'killed  '}   ${file}: ${from.split('\n')[0]}`);
  }
  console.log(`${killed} of ${chosen.length} killed`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
