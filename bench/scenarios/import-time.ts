import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Figure, spreadOf } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { importGroup as group, importedOnTop, importMoreGroup } from '../subjects.js';

const execute = promisify(execFile);

interface Start {
  /** From the start of the process to the end of the imports. */
  readonly wallMs: number;
  readonly cpuMs: number;
}

/**
 * Processes that import ioredis, and one thing more, in turn: each round is one of each, and a figure is what the thing
 * took more than ioredis alone in the same round. Processor time wanders less than the clock on a busy machine.
 */
export const importTime: Scenario = {
  title: 'Import time, as part of starting a process',
  async run({ packageFile, quick, progress }) {
    const runs = quick ? 5 : 15;
    const programs = new Map<string, string>([
      ['ioredis alone', await writeProgram('ioredis-alone')],
      ['an empty module', await writeProgram('empty', await writeModule('nothing', 'export {};'))],
      [importedOnTop, await writeProgram('with-redis', pathToFileURL(packageFile).href)],
      ['generic-pool', await writeProgram('generic-pool', 'generic-pool')],
    ]);
    const starts = new Map<string, Start[]>([...programs.keys()].map((name) => [name, []]));
    // The first round warms the disk cache and does not count.
    for (let run = 0; run <= runs; run += 1) {
      progress(group, `run ${run} of ${runs}`);
      for (const [name, file] of programs) {
        const start = await startProcess(file);
        if (run > 0) starts.get(name)!.push(start);
      }
    }
    return figuresOf(starts);
  },
};

function figuresOf(starts: ReadonlyMap<string, readonly Start[]>): Figure[] {
  const [[base, baseStarts] = ['', []], ...others] = [...starts];
  const more = (those: readonly Start[], of: (start: Start) => number) =>
    spreadOf(those.map((start, run) => of(start) - of(baseStarts[run]!)));
  const wall = ({ wallMs }: Start) => wallMs;
  const cpu = ({ cpuMs }: Start) => cpuMs;
  return [
    { group, subject: base, unit: 'ms', value: spreadOf(baseStarts.map(wall)) },
    ...others.map(([name, those]): Figure => {
      return {
        group: importMoreGroup,
        subject: name,
        own: name === importedOnTop,
        unit: 'ms',
        value: more(those, wall),
      };
    }),
    ...others.map(([name, those]): Figure => {
      return {
        group: `${group}: processor time more`,
        subject: name,
        own: name === importedOnTop,
        unit: 'ms',
        value: more(those, cpu),
      };
    }),
  ];
}

/** Static imports, as a service has them. */
function writeProgram(name: string, ...modules: readonly string[]): Promise<string> {
  const imports = ['ioredis', ...modules].map((module) => `import ${JSON.stringify(module)};\n`).join('');
  const report = `const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ wallMs: performance.now(), cpuMs: (user + system) / 1_000 }));\n`;
  return writeModule(`import-${name}`, imports + report).then(fileURLToPath);
}

/** Beside this module, so that it finds the same packages. Resolves to its URL. */
async function writeModule(name: string, text: string): Promise<string> {
  const url = new URL(`./${name}.mjs`, import.meta.url);
  await writeFile(url, text);
  return url.href;
}

async function startProcess(file: string): Promise<Start> {
  const { stdout } = await execute(process.execPath, [file]);
  return JSON.parse(stdout) as Start;
}
