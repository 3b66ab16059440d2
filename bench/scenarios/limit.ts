import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Figure, spreadOf } from '../figures.js';
import type { Bench, Scenario } from '../scenario.js';
import { callersGroup } from '../subjects.js';

const execute = promisify(execFile);

/** What the server and the machine can do, asked by a client written in C. */
export const limit: Scenario = {
  title: 'The limit: redis-benchmark, GET of 100 bytes, no pipelining',
  async run(bench) {
    const figures: Figure[] = [];
    for (const clients of [10, 50]) {
      const rounds: number[] = [];
      for (let round = 1; round <= bench.plan.rounds; round += 1) {
        bench.progress(callersGroup(clients), `round ${round} of ${bench.plan.rounds}`);
        const perSecond = await runRedisBenchmark(bench, clients);
        if (perSecond === undefined) return figures;
        rounds.push(perSecond);
      }
      const value = spreadOf(rounds);
      figures.push({ group: callersGroup(clients), subject: 'redis-benchmark', unit: '/s', value });
    }
    return figures;
  },
};

async function runRedisBenchmark(bench: Bench, clients: number): Promise<number | undefined> {
  const { hostname, port, password, protocol } = new URL(bench.url);
  if (password || protocol !== 'redis:') {
    bench.note('Left out: redis-benchmark, which runs against servers without password and TLS only.');
    return undefined;
  }
  const requests = bench.quick ? 20_000 : 100_000;
  const target = ['-h', hostname, '-p', port || '6379', '-c', String(clients), '-n', String(requests)];
  try {
    const { stdout } = await execute('redis-benchmark', [...target, '-P', '1', '--csv', 'GET', bench.key]);
    return Number(/^"GET [^"]*","([\d.]+)"/m.exec(stdout)?.[1]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    bench.note('Left out: redis-benchmark is not in PATH.');
    return undefined;
  }
}
