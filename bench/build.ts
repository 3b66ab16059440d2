import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle, type Plugin } from 'esbuild';
import { build as buildPackage } from 'tsup';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'bench/results/tmp/built');

export interface Build {
  readonly packageFile: string;
  readonly workerFile: string;
}

/**
 * The package as its users get it, and the bench as plain JavaScript: what a loader does to TypeScript in passing costs
 * ours a fifth and the peers nothing.
 */
export async function build(packageFile?: string): Promise<Build> {
  await rm(folder, { recursive: true, force: true });
  const measured = packageFile === undefined ? await buildOwn() : resolve(packageFile);
  await bundle({
    absWorkingDir: root,
    // The others are processes that a scenario starts.
    entryPoints: ['bench/worker.ts', 'bench/situations/delaying-proxy.ts', 'bench/cold-start.ts'],
    outdir: folder,
    entryNames: '[name]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    plugins: [useBuilt(measured)],
    logLevel: 'error',
  });
  return { packageFile: measured, workerFile: join(folder, 'worker.js') };
}

async function buildOwn(): Promise<string> {
  const outDir = join(folder, 'package');
  await buildPackage({ outDir, dts: false, format: ['esm'], silent: true });
  return join(outDir, 'index.js');
}

/** `with-redis` in a scenario is the built package, not its sources, which tsconfig's paths would lead to. */
function useBuilt(packageFile: string): Plugin {
  const path = `./${relative(folder, packageFile)}`;
  return {
    name: 'built-package',
    setup: ({ onResolve }) => onResolve({ filter: /^with-redis$/ }, () => ({ path, external: true })),
  };
}
