import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { packPackage } from '../support/packed-package.js';

/** Of the root entry with all that it imports, minified and compressed, without ioredis and generic-pool. */
const budget = 8_000;

test(`the root entry is at most ${budget} bytes, minified and compressed`, async () => {
  const { folder } = await packPackage();
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'dist/index.js')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['ioredis', 'generic-pool'],
  });
  const [bundle] = outputFiles;
  expect(gzipSync(bundle!.contents, { level: 9 }).length).toBeLessThanOrEqual(budget);
});
