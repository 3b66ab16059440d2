import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ColdJob, ColdMark } from '../cold-start.js';
import { type Figure, ratioOf, spreadOf } from '../figures.js';
import { ourPerCall, ourPool, ourShared } from '../peers/cold.js';
import type { Bench, Scenario } from '../scenario.js';
import { byHand, coldGroup, freeList, ioredisPerCall, plainIoredis } from '../subjects.js';

const execute = promisify(execFile);
/** Bundled beside the worker. */
const file = fileURLToPath(new URL('./cold-start.js', import.meta.url));

interface Race {
  readonly what: string;
  /** Ours first. */
  readonly contenders: readonly string[];
  readonly callers: number;
  readonly marks: readonly number[];
}

const races: readonly Race[] = [
  { what: 'pooled', contenders: [ourPool, byHand, freeList], callers: 50, marks: [100, 1_000, 10_000] },
  { what: 'shared', contenders: [ourShared, plainIoredis], callers: 50, marks: [100, 1_000, 10_000] },
  { what: 'per call', contenders: [ourPerCall, ioredisPerCall], callers: 10, marks: [100, 1_000] },
];

/** Processes that have run nothing before, each of one contender, in turn. */
export const cold: Scenario = {
  title: 'Cold: the first scopes of a process, GET of 100 bytes',
  async run(bench) {
    const figures: Figure[] = [];
    for (const race of races) figures.push(...figuresOf(race, await runRace(bench, race)));
    return figures;
  },
};

async function runRace(bench: Bench, { what, contenders, callers, marks }: Race) {
  const rounds = bench.quick ? 2 : 15;
  const measured = new Map<string, ColdMark[][]>(contenders.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    bench.progress(what, `round ${round + 1} of ${rounds}`);
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const contender of order) {
      const job: ColdJob = { bench, contender, callers, marks };
      const { stdout } = await execute(process.execPath, [file, JSON.stringify(job)]);
      measured.get(contender)!.push(JSON.parse(stdout));
    }
  }
  return measured;
}

function figuresOf({ what, contenders, marks }: Race, measured: ReadonlyMap<string, ColdMark[][]>): Figure[] {
  return marks.flatMap((operations, mark) => {
    const spread = (name: string, value: (mark: ColdMark) => number) =>
      spreadOf(measured.get(name)!.map((marks) => value(marks[mark]!)));
    const rate = (name: string) => spread(name, ({ wallMs }) => (operations / wallMs) * 1_000);
    const [own = ''] = contenders;
    return contenders.map((subject): Figure => {
      const cpuMicros = spread(subject, ({ cpuMs }) => (cpuMs / operations) * 1_000);
      const over = subject === own ? {} : { oursOver: ratioOf(rate(own), rate(subject)) };
      const group = coldGroup(what, operations);
      return { group, subject, own: subject === own, unit: '/s', value: rate(subject), cpuMicros, ...over };
    });
  });
}
