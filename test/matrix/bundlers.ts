import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, version as esbuildVersion } from 'esbuild';
import type { Place } from './place.js';
import { install, versionOf } from './runtimes.js';

const file = 'everywhere.mjs';

interface Bundler {
  readonly name: string;
  readonly bundle: (input: string, folder: string) => Promise<unknown>;
}

/** The package, ioredis and their user in one file, with nothing of them left beside it. */
export function bundled(prepare: Place['prepare']): readonly Place[] {
  return [esbuild(), rollup(), webpack()].map(({ name, bundle }) => ({
    name: `${name}, in one file`,
    prepare: async (folder, tarball, ioredis) => {
      const out = join(folder, 'out');
      await prepare(folder, tarball, ioredis);
      await mkdir(out);
      await bundle(join(folder, file), out);
      await rename(join(out, file), join(folder, file));
      await rm(join(folder, 'node_modules'), { recursive: true });
    },
    command: () => [process.execPath],
    // A bundle has one copy of what it needs.
    leftOut: ['CommonJS beside ESM'],
  }));
}

function esbuild(): Bundler {
  const js =
    "import { createRequire as toRequire } from 'node:module'; const require = toRequire(import.meta.url);";
  const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  return {
    name: `esbuild ${esbuildVersion}`,
    bundle: (input, folder) =>
      build({ ...options, entryPoints: [input], outfile: join(folder, file), banner: { js } }),
  };
}

function rollup(): Bundler {
  const { module, version } = load('rollup');
  const plugins = ['node-resolve', 'commonjs', 'json'].map((name) => load(`@rollup/plugin-${name}`).module);
  const [resolve, commonjs, json] = plugins.map((plugin) => plugin.default ?? plugin);
  return {
    name: `Rollup ${version}`,
    bundle: async (input, folder) => {
      const options = {
        plugins: [resolve({ preferBuiltins: true }), commonjs(), json()],
        external: /^node:/,
      };
      // ioredis's own circles are warned of.
      const built = await module.rollup({ input, ...options, onwarn: () => {} });
      await built.write({ file: join(folder, file), format: 'es' });
    },
  };
}

function webpack(): Bundler {
  const { module, version } = load('webpack');
  const output = { filename: file, library: { type: 'module' }, chunkFormat: 'module' };
  const options = { mode: 'production', target: 'node20', experiments: { outputModule: true } };
  return {
    name: `webpack ${version}`,
    bundle: (entry, path) =>
      new Promise((resolve, reject) => {
        module(
          { ...options, entry, output: { ...output, path } },
          (error: unknown, stats: Stats | undefined) => {
            if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()));
            else resolve(stats);
          },
        );
      }),
  };
}

interface Stats {
  hasErrors(): boolean;
}

/** Of the registry: it is no dependency of this package. */
function load(name: string) {
  const folder = install(name, 'latest');
  return { module: createRequire(join(folder, 'package.json'))(name), version: versionOf(folder) };
}
