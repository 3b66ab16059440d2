import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'dashboard/index': 'src/dashboard/index.ts',
    'testing/index': 'src/testing/index.ts',
    'eslint/index': 'src/eslint/index.ts',
    'cli/main': 'src/cli/main.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  dts: true,
  clean: true,
  splitting: true,
  treeshake: true,
  sourcemap: false,
});
