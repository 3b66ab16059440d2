import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import newest from 'typescript';
import oldest from 'typescript-5.4';
import { beforeAll, describe, expect, test } from 'vitest';
import { packPackage } from '../support/packed-package.js';
import { typeCheck } from '../support/type-check.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');

/** The files that `tsc --noEmit` checks against the sources. */
const files = new Map(
  readdirSync(here)
    .filter((name) => name.endsWith('.test-d.ts'))
    .map((name) => [join(here, name), readFileSync(join(here, name), 'utf8')]),
);

const compilers = [
  // The part of the compiler's interface that we use is the same in both.
  ['oldest', oldest as unknown as typeof newest],
  ['newest', newest],
] as const;

const clients = [
  ['ioredis 5', 'ioredis-5'],
  ['ioredis 6', 'ioredis'],
] as const;

describe('the declarations as they are published', () => {
  let dist: string;

  beforeAll(async () => {
    const { folder } = await packPackage();
    dist = join(folder, 'dist');
    // The first to ask for the package also builds it.
  }, 180_000);

  const pathsOf = (client: string) => ({
    'with-redis': join(dist, 'index.d.ts'),
    'with-redis/dashboard': join(dist, 'dashboard/index.d.ts'),
    'with-redis/otel': join(dist, 'otel/index.d.ts'),
    'with-redis/testing': join(dist, 'testing/index.d.ts'),
    'with-redis/eslint': join(dist, 'eslint/index.d.ts'),
    ioredis: join(modules, client, 'built/index.d.ts'),
  });

  describe.each(compilers)('with the %s TypeScript', (_name, typescript) => {
    test.each(clients)(
      `${typescript.version}, keep their promises over %s`,
      (_client, client) => {
        expect(typeCheck(typescript, { files, paths: pathsOf(client), libraries: true })).toEqual([]);
        // Nine seconds of compiling on an idle machine.
      },
      120_000,
    );
  });

  test('refuse each thing that is expected to be refused, and nothing else', () => {
    const unmarked = new Map([...files].map(([path, text]) => [path, text.replaceAll(mark, '//')]));
    const problems = typeCheck(newest, { files: unmarked, paths: pathsOf('ioredis') });
    const refused = problems.map((problem) => problem.slice(0, problem.indexOf(':')));
    const expected = [...files].flatMap(([path, text]) => markedLines(relative(root, path), text));
    expect(expected.length).toBeGreaterThan(40);
    expect([...new Set(refused)].sort()).toEqual(expected.sort());
  });
});

const mark = /\/\/ @ts-expect-error.*/g;

/** The lines below a mark, as `file(line)`. */
function markedLines(file: string, text: string): string[] {
  return [...text.matchAll(mark)].map(
    ({ index }) => `${file}(${text.slice(0, index).split('\n').length + 1})`,
  );
}
