import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Figure, spreadOf } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { importGroup as group, importedOnTop } from '../subjects.js';

const execute = promisify(execFile);

/** What our import adds to ioredis's, which a service has loaded anyway, and what generic-pool would add. */
export const importTime: Scenario = {
  title: 'Import time',
  async run({ packageFile, quick, progress }) {
    const runs = quick ? 5 : 15;
    const ours = pathToFileURL(packageFile).href;
    const ioredis: number[] = [];
    const onTop: number[] = [];
    const genericPool: number[] = [];
    // The first run warms the disk cache and does not count.
    for (let run = 0; run <= runs; run += 1) {
      progress(group, `run ${run} of ${runs}`);
      const [ioredisMs, oursMs] = await importInChild('ioredis', ours);
      const [, genericPoolMs] = await importInChild('ioredis', 'generic-pool');
      if (run === 0) continue;
      ioredis.push(ioredisMs);
      onTop.push(oursMs);
      genericPool.push(genericPoolMs);
    }
    return [
      figure('ioredis', ioredis),
      figure(importedOnTop, onTop),
      figure('generic-pool on top of ioredis', genericPool),
    ];
  },
};

function figure(subject: string, runs: readonly number[]): Figure {
  return { group, subject, unit: 'ms', value: spreadOf(runs) };
}

/** Milliseconds that each of two imports takes, one after the other, in a process of its own. */
async function importInChild(...modules: readonly [string, string]): Promise<[number, number]> {
  const [first, second] = modules.map((name) => JSON.stringify(name));
  const script = `
    const begun = performance.now(); await import(${first});
    const between = performance.now(); await import(${second});
    console.log(JSON.stringify([between - begun, performance.now() - between]));`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout) as [number, number];
}
