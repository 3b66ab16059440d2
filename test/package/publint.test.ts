import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { packPackage } from '../support/packed-package.js';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

function run(bin: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(modules, bin), ...args], {
    encoding: 'utf8',
    // On a build server both would write in colour.
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '' },
  });
  return { status, output: stdout + stderr };
}

describe('the tarball satisfies', () => {
  let tarball: string;

  beforeAll(async () => {
    ({ tarball } = await packPackage());
  });

  test('publint, in its strict mode', () => {
    const verdict = run('publint/src/cli.js', 'run', tarball, '--strict');
    expect(verdict).toEqual({ status: 0, output: expect.stringMatching(/All good!\s*$/) });
  });

  test('are the types wrong, in every way but the one that knows no exports', () => {
    const verdict = run('@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'node16', '--no-emoji');
    expect(verdict).toEqual({
      status: 0,
      output: expect.stringMatching(/node16 \(from ESM\).+OK \(ESM\)/s),
    });
  });
});
