import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from '../mutation/mutations.js';
import { compileAgainst } from './worker.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the sources, in which mistakes are made; the sources themselves are left alone. */
export class MutatedPackage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
  }

  /** A worker that simulates the package with these changes in it. */
  async compile(changes: readonly Mutation[], major: 5 | 6): Promise<string> {
    const whole = new Map<string, string>();
    try {
      for (const { file, from, to } of changes) {
        const path = join(this.#folder, file);
        const text = readFileSync(path, 'utf8');
        if (!whole.has(path)) whole.set(path, text);
        if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
        writeFileSync(
          path,
          text.replace(from, () => to),
        );
      }
      const outfile = join(this.#folder, `${changes.length > 0 ? 'changed' : 'whole'}-${major}.mjs`);
      await compileAgainst(this.#folder, outfile, major);
      return outfile;
    } finally {
      for (const [path, text] of whole) writeFileSync(path, text);
    }
  }
}
