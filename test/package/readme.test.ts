import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readOptions } from '../../src/options/settings.js';
import { observeRedis } from '../support/redis-observer.js';
import { typeCheck } from '../support/type-check.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** Inside the repository, so that its `node_modules` are found. */
const workshop = join(root, 'node_modules', '.cache', 'with-redis', `examples-${process.pid}`);
const sources = {
  'with-redis': join(root, 'src/index.ts'),
  'with-redis/dashboard': join(root, 'src/dashboard/index.ts'),
  'with-redis/otel': join(root, 'src/otel/index.ts'),
  'with-redis/testing': join(root, 'src/testing/index.ts'),
  'with-redis/eslint': join(root, 'src/eslint/index.ts'),
};

interface Example {
  /** File and line. */
  readonly place: string;
  readonly code: string;
  /** False where the fence says `no-run`. */
  readonly runs: boolean;
}

/** The getter that the README begins with, for its examples a service of the reader's. */
const leakingGetter = join(root, 'bench/demo/getters/leaking');
const scopedGetter = join(root, 'bench/demo/getters/scoped');

/** Every block fenced as `ts`. */
function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(/^```ts( no-run)?\n(.*?)^```$/gms)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    code: (match[2] as string).replace("'./service.js'", `'${leakingGetter}.js'`),
    runs: match[1] === undefined,
  }));
}

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

function examplesInSources(): Example[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.flatMap((file) => examplesIn(relative(root, file), docCommentsOf(readFileSync(file, 'utf8'))));
}

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const examples = [...examplesIn('README.md', readme), ...examplesInSources()];

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
    external: ['ioredis', 'generic-pool', '@opentelemetry/*'],
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

beforeAll(async () => {
  mkdirSync(workshop, { recursive: true });
  await storeWhatExamplesRead();
});

afterAll(() => rmSync(workshop, { recursive: true, force: true }));

describe('the examples of README.md and of the doc comments', () => {
  test('are found', () => {
    const places = examples.map(({ place }) => place);
    expect(places.filter((place) => place.startsWith('README.md')).length).toBeGreaterThan(5);
    expect(places.filter((place) => place.startsWith('src/')).length).toBeGreaterThan(0);
    expect(readme).not.toMatch(/^```(typescript|js|javascript|tsx)\b/m);
  });

  test('compile against the sources', () => {
    const files = new Map(
      examples.map(({ place, code }) => [`${root}/${place.replace(/\W/g, '_')}.ts`, code]),
    );
    expect(typeCheck(ts, { files, paths: sources })).toEqual([]);
  });

  test.each(examples.filter(({ runs }) => runs))('$place runs, and its process ends', async ({ code }) => {
    expect(await execute(code)).toEqual({ status: 0, output: expect.not.stringMatching(/Warning|Error:/) });
  });

  test('would not pass if they were wrong', async () => {
    const wrong = `import { withRedis } from 'with-redis'; await withRedis((redis) => redis.quit());`;
    const files = new Map([[`${root}/wrong.ts`, wrong]]);
    expect(typeCheck(ts, { files, paths: sources })).toHaveLength(1);
    expect(await execute(wrong)).toMatchObject({
      status: 1,
      output: expect.stringMatching(/StatefulCommandError/),
    });
  });
});

describe('README.md', () => {
  test('begins with the getters of the demo', () => {
    for (const file of [leakingGetter, scopedGetter]) {
      expect(readme).toContain(`\`\`\`ts\n${readFileSync(`${file}.ts`, 'utf8')}\`\`\``);
    }
  });

  test('points only at what exists', () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link as string);
    const local = links.filter((link) => !link.startsWith('https://'));
    expect(local.length).toBeGreaterThan(5);
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(
      ([, text]) =>
        `#${(text ?? '')
          .toLowerCase()
          .replace(/[^\w ]/g, '')
          .replaceAll(' ', '-')}`,
    );
    const exists = (link: string) =>
      link.startsWith('#') ? headings.includes(link) : existsSync(join(root, link));
    expect(local.filter((link) => !exists(link))).toEqual([]);
  });

  test('names every option with its default', () => {
    const { pool, retry, callDefaults: _, target: __, ...settings } = readOptions({ pool: true });
    Object.assign(settings, { url: undefined });
    const defaults = new Map<string, unknown>([
      ...Object.entries(settings),
      ...Object.entries(pool ?? {}).map(([name, value]) => [`pool.${name}`, value] as const),
      ...Object.entries(retry).map(([name, value]) => [`retry.${name}`, value] as const),
    ]);
    for (const [name, value] of defaults) {
      const documented = new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\|`, 'm').exec(readme)?.[1];
      expect(documented, name).toEqual(expect.any(String));
      // Others are told in words: where a value comes from, or that there is none.
      if (documented && /^`?['\d]|^`?(true|false)/.test(documented)) {
        expect(documented.replace(/[`'_]/g, ''), name).toBe(String(value));
      }
    }
    expect(defaults.size).toBeGreaterThan(20);
  });

  test('names every error with its code', () => {
    const text = readFileSync(join(root, 'src/core/errors.ts'), 'utf8');
    const classes = [...text.matchAll(/^export class (\w+) .*?code = 'ERR_WITH_REDIS_(\w+)'/gms)];
    expect(classes.length).toBe(10);
    const missing = classes.filter(([, name, code]) => !readme.includes(`| \`${name}\` | \`${code}\` |`));
    expect(missing.map(([, name]) => name)).toEqual([]);
  });

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = [...readme.matchAll(/^npm (?:run )?(\w+)(?= +#)/gm)].map(([, name]) => name as string);
    expect(named).toEqual(['demo', 'test']);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});
