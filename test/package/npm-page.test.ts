import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { localLinksIn, root } from '../support/documents.js';
import { type PackedPackage, packPackage } from '../support/packed-package.js';

let packed: PackedPackage;
const read = (file: string) => readFileSync(join(packed.folder, file), 'utf8');

beforeAll(async () => {
  packed = await packPackage();
}, 180_000);

describe('the page on npm', () => {
  test('leads to a repository, a home and a place for bugs, all the same', () => {
    const { repository, homepage, bugs } = JSON.parse(read('package.json'));
    const home = /^git\+(https:\/\/github\.com\/[\w-]+\/with-redis)\.git$/.exec(repository.url)?.[1];
    expect({ homepage, bugs }).toEqual({ homepage: `${home}#readme`, bugs: `${home}/issues` });
  });

  test('has links and pictures that do not depend on what is around it, of this version, and of files that exist', () => {
    const text = read('README.md');
    expect(localLinksIn({ file: 'README.md', text }).filter(({ file }) => file !== 'README.md')).toEqual([]);
    const { version } = JSON.parse(read('package.json'));
    const pattern =
      /https:\/\/(?:raw\.githubusercontent|github)\.com\/[\w-]+\/with-redis\/(?:blob\/)?(v[^/]+)\/([^)#]+)/g;
    const links = [...text.matchAll(pattern)];
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(([, tag, file]) => tag !== `v${version}` || !existsSync(join(root, file!)))).toEqual(
      [],
    );
    expect(text.match(/!\[[^\]]+\]\(https:\/\/raw\.[^)]+\.svg\)/g)).toHaveLength(2);
  });
});

describe('what leads from the tarball to its sources', () => {
  const mapsOf = (pattern: RegExp) => packed.files.filter((file) => pattern.test(file));
  const word = (line = '', column = 0) => /^#?[\w.[\]]+/.exec(line.slice(column))?.[0];

  test('stands beside each file with code, without a second copy of the sources or a path of the machine that built it', () => {
    const maps = mapsOf(/js\.map$/);
    for (const file of maps) {
      const { sources, sourcesContent } = JSON.parse(read(file));
      expect(sourcesContent, file).toBeUndefined();
      const missing = sources.filter((name: string) => !packed.files.includes(join(dirname(file), name)));
      expect(missing, file).toEqual([]);
    }
    const large = mapsOf(/\.c?js$/).filter((file) => read(file).length > 3_000);
    expect(large.filter((file) => !maps.includes(`${file}.map`))).toEqual([]);
  });

  test.each(['index.js', 'index.cjs'])('names lines of TypeScript in stacks through %s', (entry) => {
    const program = `
      const { createWithRedis } = await import(${JSON.stringify(join(packed.folder, 'dist', entry))});
      try { createWithRedis({ unknown: 1 }); } catch (error) { console.log(error.stack); }`;
    const flags = ['--enable-source-maps', '--input-type=module', '-e', program];
    const { stdout } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
    const places = [...stdout.matchAll(/\((?:file:\/\/)?[^()]*\/package\/(.+):(\d+):\d+\)/g)];
    expect(places.length).toBeGreaterThan(1);
    expect(places.filter(([, file]) => !file?.startsWith('src/'))).toEqual([]);
    expect(places.at(-1)?.[1]).toBe('src/with-redis.ts');
  });

  test.each([
    'createWithRedis',
    'withRedis',
    'acquire',
    'transaction',
    'maxConnections',
    'deadlineMs',
    'isWithRedisError',
    'ConnectError',
    'expectNoLeaks',
    'instrumentWithRedis',
    'readDashboard',
  ])('leads from the declaration of %s to the same word in src', (name) => {
    const found = mapsOf(/\.d\.c?ts$/).flatMap((file) => {
      const map = new SourceMap(JSON.parse(read(`${file}.map`)));
      return read(file)
        .split('\n')
        .flatMap((line, number) => {
          const column = line.search(new RegExp(`\\b${name}\\b(?=[?:(<]| )`));
          const entry = column < 0 ? undefined : (map.findEntry(number, column) as Partial<SourceMapping>);
          const isHere = entry?.generatedLine === number && entry.generatedColumn === column;
          return isHere
            ? [{ ...(entry as SourceMapping), source: join(dirname(file), entry.originalSource!) }]
            : [];
        });
    });
    // In the declarations of ESM and of CommonJS.
    expect(found.length).toBeGreaterThanOrEqual(2);
    for (const { source, originalLine, originalColumn } of found) {
      expect(source).toMatch(/^src\/.+\.ts$/);
      expect(word(read(source).split('\n')[originalLine], originalColumn)).toBe(name);
    }
  });
});
