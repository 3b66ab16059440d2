import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** All that a build reads, and all that is packed beside it. */
const inputs = [
  'src',
  '.ci',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsup.config.ts',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];

const tarballName = 'with-redis.tgz';
const oldMs = 60 * 60 * 1_000;

/** The package as it would be published from the sources as they are now. */
export interface PackedPackage {
  readonly tarball: string;
  /** The tarball unpacked, where imports of it find the `node_modules` of the repository. */
  readonly folder: string;
  /** What is in the tarball, sorted. */
  readonly files: readonly string[];
}

/**
 * Builds and packs in a folder of its own, so that neither a stale `dist` nor another build at the same time matters.
 * Kept under the hash of its inputs: the files of one test run share it.
 */
export async function packPackage(): Promise<PackedPackage> {
  const cache = join(root, 'node_modules', '.cache', 'with-redis', 'packed');
  const home = join(cache, await hashOf(inputs));
  if (!(await exists(home))) {
    await mkdir(cache, { recursive: true });
    await removeOld(cache);
    await publish(await pack(cache), home);
  }
  const folder = join(home, 'package');
  return { tarball: join(home, tarballName), folder, files: await filesIn(folder) };
}

/** Every file below a folder, with forward slashes, sorted. */
async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => relative(folder, file).replaceAll('\\', '/')).sort();
}

async function hashOf(names: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const name of names) {
    const path = join(root, name);
    const files = (await stat(path)).isDirectory() ? await filesIn(path) : [''];
    for (const file of files) hash.update(`\n${name}/${file}\n`).update(await readFile(join(path, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** A new folder in the cache with the tarball and what is in it. `npm pack` runs the build. */
async function pack(cache: string): Promise<string> {
  // Not below node_modules, where the bundler of declarations takes our own files for somebody else's.
  const workshop = await mkdtemp(join(tmpdir(), 'with-redis-build-'));
  const packed = await mkdtemp(join(cache, 'new-'));
  try {
    for (const input of inputs) await cp(join(root, input), join(workshop, input), { recursive: true });
    await symlink(join(root, 'node_modules'), join(workshop, 'node_modules'), 'junction');
    await run('npm', ['pack'], { cwd: workshop, shell: process.platform === 'win32' });
    const tarball = (await readdir(workshop)).find((name) => name.endsWith('.tgz')) as string;
    await cp(join(workshop, tarball), join(packed, tarballName));
    await run('tar', ['-xzf', tarballName], { cwd: packed });
    return packed;
  } finally {
    await rm(workshop, { recursive: true });
  }
}

/** In one step, so that nobody sees half of it; whoever comes second throws away what they packed. */
async function publish(packed: string, home: string): Promise<void> {
  await rename(packed, home).catch(async (error) => {
    await rm(packed, { recursive: true });
    if (!(await exists(home))) throw error;
  });
}

async function removeOld(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > oldMs) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
