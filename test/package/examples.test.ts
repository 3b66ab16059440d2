import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type Example,
  examplesIn,
  filesIn,
  type Page,
  readPages,
  root,
  withReadersModules,
} from '../support/documents.js';
import { observeRedis } from '../support/redis-observer.js';
import { typeCheck } from '../support/type-check.js';

/** Inside the repository, so that its `node_modules` are found. */
const workshop = join(root, 'node_modules', '.cache', 'with-redis', `examples-${process.pid}`);
const sources = {
  'with-redis': join(root, 'src/index.ts'),
  'with-redis/dashboard': join(root, 'src/dashboard/index.ts'),
  'with-redis/otel': join(root, 'src/otel/index.ts'),
  'with-redis/testing': join(root, 'src/testing/index.ts'),
  'with-redis/eslint': join(root, 'src/eslint/index.ts'),
};

/** The text of doc comments, on the lines where it stands. */
function docCommentsOf(text: string): string {
  let isDoc = false;
  return text
    .split('\n')
    .map((line) => {
      if (/^\s*\/\*\*/.test(line)) isDoc = true;
      const kept = isDoc ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '') : '';
      if (line.includes('*/')) isDoc = false;
      return kept;
    })
    .join('\n');
}

const pages = readPages();
const sourcePages: Page[] = filesIn('src', '.ts').map((file) => ({
  file,
  text: docCommentsOf(readFileSync(join(root, file), 'utf8')),
}));
const all = [...pages, ...sourcePages]
  .flatMap(examplesIn)
  .map(({ code, ...rest }) => ({ ...rest, code: withReadersModules(code) }));
const examples = all.filter(({ pending }) => pending === undefined);
const pending = all.filter(({ pending }) => pending !== undefined);

/** What a reader has in Redis when trying an example. */
async function storeWhatExamplesRead(): Promise<void> {
  const redis = await observeRedis(inject('redisUrl'));
  const sample = readFileSync(join(root, 'bench/demo/sample.json'), 'utf8');
  await redis.command('SET', 'latest_market_data', sample);
  await redis.command('SET', 'stock:mug', '3');
  await redis.close();
}

/** Runs it as a process of its own, which has to end by itself. */
async function execute(code: string): Promise<{ status: number | null; output: string }> {
  const outfile = join(workshop, 'example.mjs');
  await build({
    stdin: { contents: code, loader: 'ts', resolveDir: root },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    alias: sources,
    logLevel: 'silent',
  });
  const env = { ...process.env, REDIS_URL: inject('redisUrl') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], {
    env,
    encoding: 'utf8',
    timeout: 10_000,
  });
  return { status, output: stdout + stderr };
}

/** The compiler reads all of ioredis, and the machine may be busy. */
const compiling = { timeout: 180_000 };

const nameOf = (place: string) => `${place.replace(/\W/g, '_')}.ts`;

const complaintsOf = (examples: readonly Example[]) => {
  const files = new Map(examples.map(({ place, code }) => [`${root}/${nameOf(place)}`, code]));
  return typeCheck(ts, { files, paths: sources });
};

beforeAll(async () => {
  mkdirSync(workshop, { recursive: true });
  await storeWhatExamplesRead();
});

afterAll(() => rmSync(workshop, { recursive: true, force: true }));

describe('the examples of README.md, of the guides and of the doc comments', () => {
  test('are found', () => {
    const foundIn = (file: string) => examples.filter(({ place }) => place.startsWith(file)).length;
    expect(foundIn('README.md')).toBeGreaterThan(5);
    expect(foundIn('src/options/README.md')).toBeGreaterThan(0);
    expect(foundIn('src/with-redis.ts')).toBeGreaterThan(0);
    const otherwise = pages.filter(({ text }) => /^ *```(typescript|js|javascript|tsx)\b|^ +```/m.test(text));
    expect(otherwise.map(({ file }) => file)).toEqual([]);
  });

  test('compile against the sources', compiling, () => {
    expect(complaintsOf(examples)).toEqual([]);
  });

  test.each(examples.filter(({ runs }) => runs))('$place runs, and its process ends', async ({ code }) => {
    expect(await execute(code)).toEqual({ status: 0, output: expect.not.stringMatching(/Warning|Error:/) });
  });

  test('that are pending do not compile yet: where one does, its comment goes', compiling, () => {
    const complaints = complaintsOf(pending);
    const compiles = ({ place }: Example) =>
      !complaints.some((complaint) => complaint.startsWith(nameOf(place)));
    expect(pending.filter(compiles).map(({ place }) => place)).toEqual([]);
  });

  test('would not pass if they were wrong', compiling, async () => {
    const wrong = `import { withRedis } from 'with-redis'; await withRedis((redis) => redis.quit());`;
    expect(complaintsOf([{ place: 'wrong', code: wrong, runs: true, pending: undefined }])).toHaveLength(1);
    expect(await execute(wrong)).toMatchObject({
      status: 1,
      output: expect.stringMatching(/StatefulCommandError/),
    });
  });
});
