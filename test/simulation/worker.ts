import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileProgram } from '../support/child-program.js';
import type { Said } from './report.js';

/** The simulation and the package in one file, against one ioredis. */
export function compileWorker(major: 5 | 6): ReturnType<typeof compileProgram> {
  return compileProgram(fileURLToPath(entry), major);
}

/** The same against another state of the package, whose folder is given. */
export async function compileAgainst(folder: string, outfile: string, major: 5 | 6): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: { 'with-redis': `${folder}/src/index.ts`, ...(major === 5 && { ioredis: 'ioredis-5' }) },
    logLevel: 'error',
  });
}

const entry = new URL('run.ts', import.meta.url);
/** Programs live longer than most; with Node's 16 MB the collector takes a quarter more of the time. */
const YOUNG_MB = 64;

/** Runs a worker to its end, and returns the code it ended with. Its arguments are those of run.ts. */
export async function runWorker(
  file: string,
  args: readonly string[],
  hear: (said: Said) => void,
): Promise<number | null> {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
  const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'], env };
  const child = spawn(process.execPath, [`--max-semi-space-size=${YOUNG_MB}`, file, ...args], options);
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) hear(JSON.parse(line) as Said);
  const [code] = await closed;
  return code as number | null;
}
