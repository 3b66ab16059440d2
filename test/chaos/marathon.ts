import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { marathons } from './program.js';
import { Ground, World } from './world.js';

/** Runs random programs until the time is up, and reports. Started by soak.ts, against one of the two ioredis. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** Only this one, of a run with that seed. */
    program: { type: 'string' },
    ioredis: { type: 'string', default: '6' },
  },
});
const seed = Number(values.seed);
const untilMs = Number(values.minutes) * 60_000;
const PROGRESS_MS = 15_000;

const total = { programs: 0, scopes: 0, lagMs: 0, outcomes: {} as Record<string, number> };
const violations: string[] = [];
const startedAt = performance.now();

process.on('unhandledRejection', (error) => violations.push(`unhandled rejection: ${error}`));
process.on('uncaughtException', (error) => violations.push(`uncaught exception: ${error.stack}`));
process.on('warning', (warning) => violations.push(`warning: ${warning}`));

// A reader that has gone (`| head`) ends the run.
process.stdout.on('error', () => process.exit(1));

const say = (line: string) => void process.stdout.write(`${line}\n`);
const count = (amount: number) => amount.toLocaleString('en');

function progress(): string {
  const seconds = (performance.now() - startedAt) / 1_000;
  const rate = Math.round(total.scopes / seconds);
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  return `${seconds.toFixed(0)} s: ${count(total.scopes)} scopes in ${count(total.programs)} programs, ${count(rate)}/s, ${violations.length} violations, rss ${memory} MB`;
}

async function runProgram(ground: Ground, number: number): Promise<void> {
  const [program] = fc.sample(marathons, { seed: seed + number, numRuns: 1 });
  if (!program) return;
  const world = new World(ground, program);
  const before = violations.length;
  await world.run();
  violations.push(...world.violations);
  total.programs += 1;
  total.scopes += world.scopes;
  total.lagMs = Math.max(total.lagMs, ground.lagMs);
  for (const [name, times] of Object.entries(world.outcomes))
    total.outcomes[name] = (total.outcomes[name] ?? 0) + times;
  if (violations.length === before) return;
  say(`program ${number}, again by --seed ${seed} --program ${number}:`);
  for (const violation of new Set(violations.slice(before))) say(`  ${violation}`);
}

const ground = await Ground.prepare();
const { redis_version: redis } = await ground.observer.info('server');
const { version } = createRequire(import.meta.url)(
  values.ioredis === '5' ? 'ioredis-5/package.json' : 'ioredis/package.json',
);
say(
  `soak: seed ${seed}, ${values.minutes} minutes, ioredis ${version}, redis ${redis}, node ${process.version}`,
);
let saidAt = startedAt;
if (values.program !== undefined) await runProgram(ground, Number(values.program));
else
  for (let number = 0; performance.now() - startedAt < untilMs; number++) {
    await runProgram(ground, number);
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    say(progress());
  }
await ground.clear();
say(progress());
say(`longest delay of the event loop: ${Math.round(total.lagMs)} ms`);
for (const [name, times] of Object.entries(total.outcomes).sort(([, a], [, b]) => b - a))
  say(`  ${name}: ${count(times)}`);
say(violations.length === 0 ? 'nothing that must not be' : `${violations.length} VIOLATIONS`);
// Node 20 may spin for ever when it frees sockets that the proxy has reset.
process.exit(violations.length === 0 ? 0 : 1);
