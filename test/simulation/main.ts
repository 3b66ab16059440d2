import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileProgram } from '../support/child-program.js';
import { Report, type Said } from './report.js';

/**
 * `npm run simulate -- --seed 42 --scopes 100000 [--minutes 10] [--workers 2] [--ioredis 5] [--without feature]… [--on]`
 * or `--program 1234` for a single one, with its story.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    scopes: { type: 'string' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: '1' },
    ioredis: { type: 'string', default: '6' },
    program: { type: 'string', multiple: true, default: [] },
    without: { type: 'string', multiple: true, default: [] },
    on: { type: 'boolean', default: false },
    'as-is': { type: 'boolean', default: false },
  },
});

const workers = values.program.length > 0 ? 1 : Number(values.workers);
const scopes = values.scopes ?? (values.minutes || values.program.length > 0 ? undefined : '100000');
const report = new Report(Number(values.seed), workers);
const file = fileURLToPath(new URL('run.ts', import.meta.url));
const compiled = await compileProgram(file, values.ioredis === '5' ? 5 : 6);
try {
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
} finally {
  await compiled.remove();
}
process.exitCode = report.finish();

/** Each worker has its own seeds and its share of the scopes, so that the same arguments give the same trace. */
async function work(worker: number): Promise<void> {
  const args = [
    ['--seed', String(Number(values.seed) + worker * 2 ** 32)],
    scopes === undefined ? [] : ['--scopes', String(Math.ceil(Number(scopes) / workers))],
    values.minutes === undefined ? [] : ['--minutes', values.minutes],
    values.program.flatMap((program) => ['--program', program]),
    values.without.flatMap((feature) => ['--without', feature]),
    values.on ? ['--on'] : [],
    values['as-is'] ? ['--as-is'] : [],
  ].flat();
  const child = spawn(process.execPath, [compiled.file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout }))
    report.hear(worker, JSON.parse(line) as Said);
  const [code] = await closed;
  if (code !== 0) report.broken(worker, code as number | null);
}
