import { setImmediate as turn } from 'node:timers/promises';
import { coldContenders } from './peers/cold.js';
import type { Bench } from './scenario.js';

/** What the scenario asks of a process that has run nothing yet. */
export interface ColdJob {
  readonly bench: Omit<Bench, 'progress' | 'note'>;
  readonly contender: string;
  readonly callers: number;
  /** After so many operations it is noted what they took. */
  readonly marks: readonly number[];
}

export interface ColdMark {
  readonly operations: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** From the first operation on, dials included: what a service does in its first moments. */
async function measure({ bench, contender, callers, marks }: ColdJob): Promise<ColdMark[]> {
  const made = await coldContenders[contender]?.({ ...bench, progress: () => {}, note: () => {} });
  if (!made) throw new Error(`nobody is called ${contender}`);
  const { run, close } = made;
  await turn();
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
  const taken: ColdMark[] = [];
  let [begun, done] = [0, 0];
  const caller = async () => {
    while (begun < marks.at(-1)!) {
      begun += 1;
      await run();
      done += 1;
      if (!marks.includes(done)) continue;
      const { user, system } = process.cpuUsage(cpu);
      taken.push({ operations: done, wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 });
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await close();
  return taken;
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!))));
