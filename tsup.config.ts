import { rmSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

// Three builds write into it at the same time, so none of them can.
rmSync('dist', { recursive: true, force: true });

// What is mapped to, and declarations: .ci/source-maps.ts.
const shared: Options = { target: 'node20', splitting: true, sourcemap: true };

export default defineConfig([
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      'dashboard/index': 'src/dashboard/index.ts',
      'otel/index': 'src/otel/index.ts',
      'testing/index': 'src/testing/index.ts',
    },
    format: ['esm', 'cjs'],
    dts: true,
    treeshake: true,
  },
  {
    ...shared,
    entry: ['src/eslint/index.ts'],
    outDir: 'dist/eslint',
    format: ['esm', 'cjs'],
    dts: true,
  },
  {
    ...shared,
    entry: ['src/cli/main.ts'],
    outDir: 'dist/cli',
    format: 'esm',
    // The library is beside it.
    external: [/^\.\.\/((dashboard|testing)\/)?index\.js$/],
  },
]);
