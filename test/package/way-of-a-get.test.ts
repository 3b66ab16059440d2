import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const figures = /(\d+) files(?:,| and) (\d+) functions/;

const figuresIn = (text: string) => figures.exec(text)?.slice(1).map(Number) ?? [];

test('a warm pooled GET runs through no more files and functions than CONTRIBUTING.md says', async () => {
  const { VITEST: _, NODE_OPTIONS: __, ...env } = process.env;
  const { stdout } = await promisify(execFile)('npx', ['tsx', 'bench/way-of-a-get.ts'], {
    cwd: root,
    env: { ...env, REDIS_URL: inject('redisUrl') },
  });
  const [files, functions] = figuresIn(stdout);
  const [saidFiles, saidFunctions] = figuresIn(await readFile(`${root}.github/CONTRIBUTING.md`, 'utf8'));
  expect(files).toBeGreaterThan(10);
  expect(files).toBeLessThanOrEqual(saidFiles as number);
  expect(functions).toBeLessThanOrEqual(saidFunctions as number);
}, 60_000);
