import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { mutations } from '../../mutation/mutations.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it('every mutation applies: what it changes stands in its file exactly once', () => {
  const textOf = (file: string) => (existsSync(root + file) ? readFileSync(root + file, 'utf8') : '');
  const stale = mutations.filter(({ file, from }) => textOf(file).split(from).length !== 2);
  expect(stale).toEqual([]);
  expect(mutations.length).toBeGreaterThan(100);
});
