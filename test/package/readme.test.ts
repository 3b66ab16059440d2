import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatSummary } from '../../bench/report/readme.js';
import { readResults } from '../../bench/results-file.js';
import { readOptions } from '../../src/options/settings.js';
import {
  anchorOf,
  anchorsIn,
  headingsIn,
  type Link,
  localLinksIn,
  type Page,
  proseOf,
  readPages,
  root,
} from '../support/documents.js';

const pages = readPages();
const pageOf = (file: string): Page => {
  const page = pages.find((page) => page.file === file);
  if (!page) throw new Error(`no page ${file}`);
  return page;
};
const readme = pageOf('README.md');
/** Those that a user reads; the others are for who works on the package. */
const guides = pages.filter(({ file }) => /^(src|test|bench)\/([\w-]+\/)?\w+\.md$/.test(file));

describe('README.md and the guides', () => {
  test('are there', () => {
    expect(guides.length).toBeGreaterThan(12);
  });

  test('README.md has at most 330 lines', () => {
    expect(readme.text.trimEnd().split('\n').length).toBeLessThanOrEqual(330);
  });

  test('point only at what exists', () => {
    const anchors = new Map(pages.map((page) => [page.file, anchorsIn(page)]));
    const leads = ({ file, anchor }: Link) =>
      existsSync(join(root, file)) && (anchor === undefined || anchors.get(file)?.includes(anchor));
    const broken = pages.flatMap((page) =>
      localLinksIn(page).flatMap((link) =>
        leads(link) ? [] : [`${page.file}: ${link.file}#${link.anchor ?? ''}`],
      ),
    );
    expect(broken).toEqual([]);
    expect(localLinksIn(readme).length).toBeGreaterThan(20);
  });

  test('are all reached from README.md', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      const page = pages.find((page) => page.file === file || page.file === `${file}/README.md`);
      if (!page || seen.has(page.file)) return;
      seen.add(page.file);
      for (const link of localLinksIn(page)) visit(link.file);
    };
    visit('README.md');
    expect(guides.map(({ file }) => file).filter((file) => !seen.has(file))).toEqual([]);
  });

  test.each([readme, ...guides])('$file has its contents in a list', (page) => {
    const headings = headingsIn(page, '##');
    const sections = headings.slice(headings.indexOf('Contents') + 1);
    if (sections.length < 3) return;
    const listed = localLinksIn(page).filter(({ file }) => file === page.file);
    const anchors = new Set(listed.map(({ anchor }) => anchor));
    expect(sections.filter((heading) => !anchors.has(anchorOf(heading)))).toEqual([]);
  });

  test('say no sentence twice', () => {
    const places = new Map<string, string[]>();
    for (const page of [readme, ...guides]) {
      const words = proseOf(page)
        .replace(/\]\([^)]*\)/g, ']')
        .replace(/[*[\]]/g, '');
      const sentences = words.split(/(?<=[.:?])\s+(?=[A-Z`])|\n\n|\|/);
      for (const sentence of sentences.map((text) => text.replace(/\s+/g, ' ').trim())) {
        if (sentence.length < 40) continue;
        places.set(sentence, [...(places.get(sentence) ?? []), page.file]);
      }
    }
    expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
    expect(places.size).toBeGreaterThan(500);
  });

  test('name every option with its default', () => {
    const { text } = pageOf('src/options/README.md');
    const { pool, retry, callDefaults: _, target: __, ...settings } = readOptions({ pool: true });
    Object.assign(settings, { url: undefined });
    const defaults = new Map<string, unknown>([
      ...Object.entries(settings),
      ...Object.entries(pool ?? {}).map(([name, value]) => [`pool.${name}`, value] as const),
      ...Object.entries(retry).map(([name, value]) => [`retry.${name}`, value] as const),
    ]);
    for (const [name, value] of defaults) {
      const inReadme = defaultOf(name, readme.text);
      const documented = defaultOf(name, text);
      expect(documented, name).toEqual(expect.any(String));
      for (const told of [documented, inReadme]) {
        // Others are told in words: where a value comes from, or that there is none.
        if (told && /^`?['\d]|^`?(true|false)`?$/.test(told)) {
          expect(told.replace(/[`'_]/g, ''), name).toBe(String(value));
        }
      }
    }
    expect(defaults.size).toBeGreaterThan(20);
  });

  test('name every error with its code', () => {
    const { text: guide } = pageOf('src/instance/README.md');
    const text = readFileSync(join(root, 'src/core/errors.ts'), 'utf8');
    const classes = [...text.matchAll(/^export class (\w+) .*?code = 'ERR_WITH_REDIS_(\w+)'/gms)];
    expect(classes.length).toBe(10);
    const missing = classes.filter(([, name, code]) => !guide.includes(`| \`${name}\` | \`${code}\` |`));
    expect(missing.map(([, name]) => name)).toEqual([]);
  });
});

function defaultOf(name: string, text: string): string | undefined {
  return new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\|`, 'm').exec(text)?.[1];
}

describe('README.md', () => {
  test('begins with the getters of the demo', () => {
    for (const name of ['leaking', 'scoped']) {
      const getter = readFileSync(join(root, `bench/demo/getters/${name}.ts`), 'utf8');
      expect(readme.text).toContain(`\`\`\`ts\n${getter}\`\`\``);
    }
  });

  test('has the figures that the bench has written', async () => {
    const results = await readResults(join(root, 'bench/results/latest.json'));
    expect(readme.text).toContain(`\n\n${formatSummary(results!)}\n\n<!-- end of results -->`);
  });

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = [...readme.text.matchAll(/`npm (?:run )?([\w:]+)`/g)].map(([, name]) => name as string);
    expect(new Set(named)).toEqual(new Set(['demo', 'test']));
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});
