import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Figure, spreadOf } from '../figures.js';
import type { Bench, Scenario } from '../scenario.js';
import { callersGroup } from '../subjects.js';

const execute = promisify(execFile);

interface Loop {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** Twice as many connections, so that nobody waits for one in the middle of a scope. */
const callers = 10;
const groups = [
  { group: callersGroup(callers), depth: 1, settings: ['allow', 'detect', 'reuse', 'forbid'] },
  {
    group: `${callersGroup(callers)}, a scope inside each scope`,
    depth: 2,
    settings: ['allow', 'detect', 'reuse'],
  },
];

/**
 * Each setting in processes of its own, in turn: once one scope runs inside an AsyncLocalStorage, Node 20 follows every
 * promise of the process.
 */
export const nested: Scenario = {
  title: 'What it costs to know which scope was opened inside which',
  async run(bench) {
    const file = await writeProgram(bench);
    const figures: Figure[] = [];
    for (const { group, depth, settings } of groups) {
      const rounds = new Map<string, Loop[]>(settings.map((setting) => [setting, []]));
      for (let round = 1; round <= bench.plan.rounds; round += 1) {
        bench.progress(group, `round ${round} of ${bench.plan.rounds}`);
        for (const setting of settings) rounds.get(setting)!.push(await runLoop(file, setting, depth));
      }
      figures.push(...figuresOf(group, rounds));
    }
    return figures;
  },
};

function figuresOf(group: string, rounds: ReadonlyMap<string, readonly Loop[]>): Figure[] {
  return [...rounds].map(([setting, loops]) => {
    return {
      group,
      subject: `nested: '${setting}'`,
      own: true,
      unit: '/s',
      value: spreadOf(loops.map(({ perSecond }) => perSecond)),
      cpuMicros: spreadOf(loops.map(({ cpuMicros }) => cpuMicros)),
    };
  });
}

async function runLoop(file: string, setting: string, depth: number): Promise<Loop> {
  const { stdout } = await execute(process.execPath, [file, setting, String(depth)]);
  return JSON.parse(stdout) as Loop;
}

async function writeProgram({ packageFile, url, key, quick }: Bench): Promise<string> {
  const file = new URL('./nested-loop.mjs', import.meta.url);
  await writeFile(
    file,
    `import { createWithRedis } from ${JSON.stringify(pathToFileURL(packageFile).href)};
const cache = createWithRedis({ url: ${JSON.stringify(url)}, pool: true, maxConnections: ${callers * 2}, nested: process.argv[2] });
const get = () => cache('get', (redis) => redis.get(${JSON.stringify(key)}));
const run = process.argv[3] === '2' ? () => cache('outer', get) : get;
async function loop(ms) {
  const until = performance.now() + ms;
  let scopes = 0;
  await Promise.all(Array.from({ length: ${callers} }, async () => {
    while (performance.now() < until) {
      await run();
      scopes += 1;
    }
  }));
  return scopes;
}
await loop(500);
const cpu = process.cpuUsage();
const startedAt = performance.now();
const scopes = await loop(${quick ? 300 : 2_000});
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({
  perSecond: (scopes / (performance.now() - startedAt)) * 1_000,
  cpuMicros: (user + system) / scopes,
}));
await cache.close();
`,
  );
  return fileURLToPath(file);
}
