import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packPackage } from '../support/packed-package.js';
import { cache, install } from './runtimes.js';
import type { Verdict } from './suites.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What the type tests expect to compile and to be refused, by the compiler's own command, over the package as it would be
 * published: a major version without the old interface for programs is a compiler too.
 */
export async function checkTypes(version: string): Promise<Verdict> {
  const { folder: packed } = await packPackage();
  const tsc = join(install('typescript', version), 'bin', 'tsc');
  const project = await mkdtemp(join(cache, 'types-'));
  try {
    await cp(join(root, 'test/types'), project, { recursive: true });
    await mkdir(join(project, 'node_modules'));
    await symlink(packed, join(project, 'node_modules', 'with-redis'));
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['*.test-d.ts'] }),
    );
    await writeFile(join(project, 'package.json'), '{"type":"module","private":true}');
    const problems = await compile(tsc, project);
    return { ok: problems === '', passed: 0, failed: problems === '' ? [] : [problems] };
  } finally {
    await rm(project, { recursive: true });
  }
}

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: ['es2022', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
};

function compile(tsc: string, project: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', project], { cwd: project }, (error, stdout, stderr) => {
      resolve(error ? stdout + stderr || String(error) : '');
    });
  });
}
