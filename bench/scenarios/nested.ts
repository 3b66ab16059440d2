import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Figure, spreadOf } from '../figures.js';
import type { Bench, Scenario } from '../scenario.js';
import { callersGroup, nestedAllowed } from '../subjects.js';

const execute = promisify(execFile);

interface Loop {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const callers = 50;
const settings = ['allow', 'detect', 'reuse', 'forbid'];

/**
 * Each setting in processes of its own, in turn: once one scope runs inside an AsyncLocalStorage, Node 20 follows every
 * promise of the process.
 */
export const nested: Scenario = {
  title: 'What it costs to know which scope was opened inside which',
  async run(bench) {
    const file = await writeProgram(bench);
    const rounds = new Map<string, Loop[]>(settings.map((setting) => [setting, []]));
    for (let round = 1; round <= bench.plan.rounds; round += 1) {
      bench.progress(callersGroup(callers), `round ${round} of ${bench.plan.rounds}`);
      for (const setting of settings) rounds.get(setting)!.push(await runLoop(file, setting));
    }
    const base = rounds.get('allow')!;
    return [...rounds].map(([setting, loops]): Figure => {
      return {
        group: callersGroup(callers),
        subject: setting === 'allow' ? nestedAllowed : `nested: '${setting}'`,
        own: true,
        unit: '/s',
        value: spreadOf(loops.map(({ perSecond }) => perSecond)),
        cpuMicros: spreadOf(loops.map(({ cpuMicros }) => cpuMicros)),
        ...(setting !== 'allow' && {
          oursOver: spreadOf(loops.map(({ perSecond }, round) => base[round]!.perSecond / perSecond)),
        }),
      };
    });
  },
};

async function runLoop(file: string, setting: string): Promise<Loop> {
  const { stdout } = await execute(process.execPath, [file, setting]);
  return JSON.parse(stdout) as Loop;
}

async function writeProgram({ packageFile, url, key, quick }: Bench): Promise<string> {
  const file = new URL('./nested-loop.mjs', import.meta.url);
  await writeFile(
    file,
    `import { createWithRedis } from ${JSON.stringify(pathToFileURL(packageFile).href)};
const cache = createWithRedis({ url: ${JSON.stringify(url)}, pool: true, nested: process.argv[2] });
async function loop(ms) {
  const until = performance.now() + ms;
  let scopes = 0;
  await Promise.all(Array.from({ length: ${callers} }, async () => {
    while (performance.now() < until) {
      await cache('get', (redis) => redis.get(${JSON.stringify(key)}));
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
