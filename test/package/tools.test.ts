import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { ESLint as ESLint9 } from 'eslint-9';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ConsumerProject, createConsumerProject } from '../support/consumer-project.js';

const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
let project: ConsumerProject;

beforeAll(async () => {
  project = await createConsumerProject([`ioredis@${manifest.devDependencies.ioredis}`]);
});

afterAll(() => project?.remove());

describe('the bin of the tarball', () => {
  const bin = (...args: string[]) =>
    project.node([join('node_modules', '.bin', 'with-redis'), ...args], {
      REDIS_URL: inject('redisUrl'),
      NO_COLOR: '1',
      FORCE_COLOR: '0',
    });

  test('knows its version', async () => {
    expect(await bin('--version')).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('finds a leak by its line, and none where a scope is used', async () => {
    const [leaking, scoped] = [
      await bin('leakcheck', 'service.mjs#leaking', '--calls', '25', '--settle', '0.2'),
      await bin('leakcheck', 'service.mjs#scoped', '--calls', '25'),
    ];
    expect(leaking).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/leaking \(.*service\.mjs:6:\d+\)/),
    });
    expect(scoped).toMatchObject({ status: 0, stdout: expect.stringContaining('no leak in 25 calls') });
  });

  test.each(['clients', 'dashboard'])('answers %s as JSON', async (command) => {
    const { stdout } = await bin(command, '--json');
    expect(() => JSON.parse(stdout)).not.toThrow();
  });
});

describe.each([
  ['9', ESLint9],
  ['10', ESLint],
])('the ESLint plugin of the tarball, in ESLint %s', (_, Linter) => {
  const lint = async (config: string) => {
    const eslint = new Linter({ cwd: project.folder, overrideConfigFile: join(project.folder, config) });
    return (await eslint.lintFiles(['service.mjs'])).flatMap(({ messages }) => messages);
  };

  test('finds what is opened by hand, imported into a flat config', async () => {
    expect(await lint('eslint.config.mjs')).toEqual([
      expect.objectContaining({ ruleId: 'with-redis/no-ad-hoc-redis', line: 6, severity: 2 }),
    ]);
  });

  test('allows the files that its option names, required by a flat config', async () => {
    expect(await lint('eslint.config.cjs')).toEqual([]);
  });
});
