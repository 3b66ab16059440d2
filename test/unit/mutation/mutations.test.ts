import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Mutation, mutations } from '../../mutation/mutations.js';
import { KNOWN_FAULTS } from '../../simulation/known-faults.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Those whose text does not stand in its file exactly once. */
function staleOf(changes: readonly Mutation[]): readonly Mutation[] {
  const textOf = (file: string) => (existsSync(root + file) ? readFileSync(root + file, 'utf8') : '');
  return changes.filter(({ file, from }) => textOf(file).split(from).length !== 2);
}

it('every mutation applies: what it changes stands in its file exactly once', () => {
  expect(staleOf(mutations)).toEqual([]);
  expect(mutations.length).toBeGreaterThan(100);
});

it('so does what takes the mend of each known fault out again', () => {
  expect(staleOf(KNOWN_FAULTS.flatMap(({ mend }) => mend))).toEqual([]);
  expect(KNOWN_FAULTS.length).toBeGreaterThan(30);
});
