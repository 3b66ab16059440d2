import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A lock file that npm writes over an existing `node_modules` lacks the optional packages of other platforms, and then
 * `npm ci` fails. Written from nothing (`npm install --package-lock-only` beside package.json alone) it has them.
 */
test('the lock file is whole: `npm ci` takes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'with-redis-lock-'));
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      await cp(join(root, name), join(folder, name));
    const args = ['ci', '--dry-run', '--loglevel=notice', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: folder });
    expect(stdout).toMatch(/added \d+ packages/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
