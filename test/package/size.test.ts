import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { packPackage } from '../support/packed-package.js';

/**
 * Of the library, minified and compressed, without ioredis and generic-pool: a cluster's part, sentinels and the reading of
 * options included. Not a promise, but nobody should add to it without noticing.
 */
const budget = 46_650;

test(`the library is at most ${budget} bytes, minified and compressed, and loads nothing late`, async () => {
  const { folder } = await packPackage();
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'dist/index.js')],
    outdir: '/out',
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['ioredis', 'generic-pool'],
  });
  const [bundle] = outputFiles;
  expect(gzipSync(bundle!.contents, { level: 9 }).length).toBeLessThanOrEqual(budget);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  expect(imports.filter(({ kind }) => kind === 'dynamic-import')).toEqual([]);
  // The first to ask for the package also builds it.
}, 180_000);
