import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { packPackage } from '../support/packed-package.js';

/** Of the root entry with all that it imports at once, minified and compressed, without ioredis and generic-pool. */
const budget = 8_000;

/** Of everything that may be loaded later, a cluster's part included. Not a promise, but nobody should add to it without noticing. */
const wholeBudget = 34_000;

test(`the root entry is at most ${budget} bytes, minified and compressed; with what loads after it ${wholeBudget}`, async () => {
  const { folder } = await packPackage();
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'dist/index.js')],
    outdir: '/out',
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['ioredis', 'generic-pool'],
  });
  const sizeOf = (path: string) => {
    const file = outputFiles.find((output) => output.path.endsWith(path.split('/').at(-1) ?? ''));
    return gzipSync(file!.contents, { level: 9 }).length;
  };
  const atOnce = new Set<string>();
  const visit = (path: string) => {
    if (atOnce.has(path)) return;
    atOnce.add(path);
    for (const { path: next, kind, external } of metafile.outputs[path]!.imports) {
      if (kind === 'import-statement' && !external) visit(next);
    }
  };
  visit(Object.keys(metafile.outputs).find((path) => metafile.outputs[path]!.entryPoint)!);
  const total = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + sizeOf(path), 0);
  expect(total(atOnce)).toBeLessThanOrEqual(budget);
  expect(total(Object.keys(metafile.outputs))).toBeLessThanOrEqual(wholeBudget);
  // The first to ask for the package also builds it.
}, 180_000);
