import { parseArgs } from 'node:util';
import { Report } from './report.js';
import { compileWorker, runWorker } from './worker.js';

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
    plan: { type: 'string' },
    address: { type: 'string' },
    without: { type: 'string', multiple: true, default: [] },
    tolerate: { type: 'string', multiple: true, default: [] },
    on: { type: 'boolean', default: false },
    'as-is': { type: 'boolean', default: false },
  },
});

const workers = values.program.length > 0 ? 1 : Number(values.workers);
const scopes = values.scopes ?? (values.minutes || values.program.length > 0 ? undefined : '100000');
const report = new Report(Number(values.seed), workers);
const compiled = await compileWorker(values.ioredis === '5' ? 5 : 6);
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
    values.plan === undefined ? [] : ['--plan', values.plan],
    values.address === undefined ? [] : ['--address', values.address],
    values.without.flatMap((feature) => ['--without', feature]),
    values.tolerate.flatMap((pattern) => ['--tolerate', pattern]),
    values.on ? ['--on'] : [],
    values['as-is'] ? ['--as-is'] : [],
  ].flat();
  const code = await runWorker(compiled.file, args, (said) => report.hear(worker, said));
  if (code !== 0) report.broken(worker, code);
}
