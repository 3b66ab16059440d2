import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ioredisMajor } from './ioredis-major.js';

/** What a child said on descriptor 3, one JSON value a line: its stdout and stderr have to stay empty. */
export type Said = Record<string, unknown>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly said: readonly Said[];
}

export interface Child {
  readonly process: ChildProcess;
  /** Resolves to the first thing said that has this property. */
  said(property: string): Promise<Said>;
  readonly ended: Promise<Ended>;
}

export interface ChildOptions {
  readonly boundMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

export interface ChildProgram {
  /** Runs it to its end, two at once at most, so that times mean something. */
  run(args: readonly string[], options?: ChildOptions): Promise<Ended>;
  /** Starts it; one that does not end within `boundMs` is killed. */
  start(args: readonly string[], options?: ChildOptions): Child;
  /** The compiled file. */
  readonly file: string;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Compiles a program together with the sources, against one ioredis, so that a start takes 50 ms. */
export async function compileProgram(entry: string, major = ioredisMajor): Promise<ChildProgram> {
  // Below the root, so that packages are found.
  const directory = await mkdtemp(join(root, 'node_modules', '.with-redis-child-'));
  const outfile = join(directory, 'program.mjs');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: major === 5 ? { ioredis: 'ioredis-5' } : {},
    logLevel: 'error',
  });
  const start: ChildProgram['start'] = (args, { boundMs = 10_000, env = {} } = {}) =>
    follow(spawn(process.execPath, [outfile, ...args], spawnOptions(env)), boundMs);
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    start,
    file: outfile,
    async run(args, options) {
      if (running === 2) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      const ended = await start(args, options).ended;
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
      return ended;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function spawnOptions(env: NodeJS.ProcessEnv) {
  const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env;
  return {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'] as ('ignore' | 'pipe')[],
  };
}

function follow(child: ChildProcess, boundMs: number): Child {
  const said: Said[] = [];
  const lines = createInterface({ input: child.stdio[3] as Readable });
  lines.on('line', (line) => said.push(JSON.parse(line)));
  const killer = setTimeout(() => child.kill('SIGKILL'), boundMs);
  const ended = (async (): Promise<Ended> => {
    const texts = Promise.all([textOf(child.stdout!), textOf(child.stderr!)]);
    const [code, signal] = await once(child, 'close');
    clearTimeout(killer);
    const [stdout, stderr] = await texts;
    return { code, signal, stdout, stderr, said };
  })();
  return {
    process: child,
    ended,
    async said(property) {
      for (;;) {
        const found = said.find((each) => property in each);
        if (found) return found;
        const next = once(lines, 'line');
        const over = ended.then(({ stderr }) => {
          throw new Error(`the child ended without saying "${property}": ${stderr}`);
        });
        await Promise.race([next, over]);
      }
    },
  };
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
