import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ioredisMajor } from '../support/ioredis-major.js';
import { describeFailure, type Said } from './report.js';
import { FAILED_ONCE } from './seeds.js';
import { compileWorker, runWorker } from './worker.js';

/** Half a minute of a core, on each of the two majors. */
const SCOPES = Number(process.env.SIMULATION_SCOPES ?? 300_000);

/** Nobody chose it, and the same commit has the same one: what fails here fails again, and every change meets others. */
const seed = Number(process.env.SIMULATION_SEED ?? seedOfCommit() ?? Date.now() % 2 ** 31);

function seedOfCommit(): number | undefined {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return status === 0 ? Number.parseInt(stdout.slice(0, 7), 16) : undefined;
}

let worker: Awaited<ReturnType<typeof compileWorker>>;
beforeAll(async () => {
  worker = await compileWorker(ioredisMajor);
});
afterAll(() => worker.remove());

async function simulate(...args: string[]) {
  const said: Said[] = [];
  const code = await runWorker(worker.file, args, (what) => said.push(what));
  const failures = said.flatMap(({ failure }) => (failure ? [describeFailure(failure).join('\n')] : []));
  const end = said.at(-1)?.end;
  if (code !== 0 || !end) throw new Error(`the worker ended with ${code}`);
  return { ...end, failures };
}

test('the same seed gives the same trace, and another seed another', { timeout: 60_000 }, async () => {
  const args = (of: number) => ['--seed', String(of), '--scopes', '2000', '--on', '--as-is'];
  const [first, second] = [await simulate(...args(seed)), await simulate(...args(seed))];
  expect(second.events).toBe(first.events);
  expect(second.trace).toBe(first.trace);
  const other = await simulate(...args(seed + 1));
  expect(other.trace).not.toBe(first.trace);
});

test('a program alone does what it does among others', { timeout: 60_000 }, async () => {
  const among = await simulate('--program', '2', '--program', '4', '--on', '--as-is');
  const [two, four] = [
    await simulate('--program', '2', '--as-is'),
    await simulate('--program', '4', '--as-is'),
  ];
  expect(among.events).toBe(two.events + four.events);
});

test.each(FAILED_ONCE)('$fault: not any more', { timeout: 60_000 }, async ({ program }) => {
  const { failures, programs } = await simulate('--plan', JSON.stringify(program));
  expect(failures).toEqual([]);
  expect(programs).toBe(1);
});

test(`random programs, seed ${seed}`, { timeout: 400_000 }, async () => {
  const { failures, scopes, trace } = await simulate('--seed', String(seed), '--scopes', String(SCOPES));
  console.info(`simulation: seed ${seed}, ${scopes} scopes, trace ${trace}`);
  expect(failures).toEqual([]);
});
