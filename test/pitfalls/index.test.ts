import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('.', import.meta.url);
const readme = readFileSync(new URL('README.md', folder), 'utf8');
const rows = [...readme.matchAll(/^\| (\d+) \| .+ \| .+ \| (.+) \|$/gm)];

it('names each pitfall once, in order', () => {
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 99 }, (_, i) => i + 1));
});

it('every pitfall has a test with its number where the list says so', () => {
  const files = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => [name.replace('.test.ts', ''), readFileSync(new URL(name, folder), 'utf8')]),
  );
  const missing = rows.flatMap(([, number, where]) => {
    const named = (where ?? '').split(', ').filter((name) => /^[a-z-]+$/.test(name));
    const title = new RegExp(`['"\`](?:\\d+, )*${number}(?:, \\d+)*\\. `);
    return named.filter((name) => !title.test(files.get(name) ?? '')).map((name) => `${number} in ${name}`);
  });
  expect(missing).toEqual([]);
});
