import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { packPackage } from '../support/packed-package.js';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const suites = fileURLToPath(new URL('./jest/', import.meta.url));

/** Packages as a service would have them installed. */
const installed = ['ioredis', 'ioredis-mock'];

test('the tarball works under Jest with its defaults', async () => {
  const { status, output } = await runIn('with-redis.test.js', [
    join(modules, 'jest/bin/jest.js'),
    '--colors=false',
  ]);
  expect(output).toContain('Tests:       8 passed, 8 total');
  // Jest says so where something is left that keeps the process alive, or logged after the tests.
  expect(output).not.toMatch(/did not exit|Cannot log after/);
  expect(status).toBe(0);
}, 180_000);

test('and under node:test, which waits for what is left', async () => {
  const { status, output } = await runIn('node-test.mjs', ['--test', 'node-test.mjs']);
  expect(output).toMatch(/pass 2\b/);
  expect(status).toBe(0);
}, 180_000);

/** In a project of its own. */
async function runIn(suite: string, args: readonly string[]) {
  const { folder } = await packPackage();
  const project = await mkdtemp(join(tmpdir(), 'with-redis-jest-'));
  try {
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'service', private: true }));
    await mkdir(join(project, 'node_modules'));
    await symlink(folder, join(project, 'node_modules/with-redis'), 'junction');
    for (const name of installed)
      await symlink(join(modules, name), join(project, 'node_modules', name), 'junction');
    await cp(join(suites, suite), join(project, suite));
    return await run(project, args);
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

function run(cwd: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  const env = { ...process.env, REDIS_URL: inject('redisUrl'), NODE_OPTIONS: '', NODE_ENV: 'test' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code ?? -1) : 0, output: stdout + stderr });
    });
  });
}
