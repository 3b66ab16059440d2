import { dirname } from 'node:path';
import { type Figure, spreadOf } from '../figures.js';
import type { Contender } from '../interleaved.js';
import { withContenders } from '../peers/contenders.js';
import { scopedGet } from '../peers/ours.js';
import { genericPoolByHand } from '../peers/pooled.js';
import { onePipelinedIoredis } from '../peers/shared.js';
import { placeOf } from '../profile/places.js';
import { type SelfTime, sample } from '../profile/sampler.js';
import type { Bench, Scenario } from '../scenario.js';
import { functionsOf, ours } from '../subjects.js';

const callers = 50;
/** Of our own functions, those that take the most. */
const shownFunctions = 10;

const exclusive = 'with-redis, exclusive';
const shared = 'with-redis, shared';

/** Self time of one scope by place, from a sampling profiler: to find what to look at, not to compare. */
export const profile: Scenario = {
  title: 'Where the time of one scope goes: GET of 100 bytes, 50 callers',
  async run(bench) {
    const makers = [
      scopedGet({ pool: true }, exclusive),
      genericPoolByHand,
      scopedGet({ pool: true, isolation: 'shared' }, shared),
      onePipelinedIoredis,
    ];
    return withContenders(bench, makers, async (contenders) => {
      const figures: Figure[] = [];
      for (const contender of contenders) figures.push(...(await profileOne(bench, contender)));
      return figures;
    });
  },
};

async function profileOne(bench: Bench, contender: Contender): Promise<Figure[]> {
  bench.progress(contender.name);
  const ms = bench.quick ? 500 : 2_500;
  await runFor(contender, ms / 2);
  let scopes = 0;
  const times = await sample(async () => {
    scopes = await runFor(contender, ms);
  });
  const folder = dirname(bench.packageFile);
  const places = new Map<string, number>();
  for (const time of times) {
    const place = placeOf(time, folder);
    places.set(place, (places.get(place) ?? 0) + time.micros);
  }
  const rows = [...places].sort((a, b) => b[1] - a[1]);
  return [
    ...rows.map(([place, micros]) => figure(contender.name, place, micros / scopes)),
    ...ownFunctions(times, folder).map((time) =>
      figure(functionsOf(contender.name), nameOf(time), time.micros / scopes),
    ),
  ];
}

function ownFunctions(times: readonly SelfTime[], packageFolder: string): SelfTime[] {
  return times.filter((time) => placeOf(time, packageFolder) === 'with-redis').slice(0, shownFunctions);
}

function nameOf({ functionName, line }: SelfTime): string {
  return functionName || `anonymous, line ${line}`;
}

function figure(group: string, subject: string, micros: number): Figure {
  return { group, subject, own: subject.startsWith(ours), unit: 'µs', value: spreadOf([micros]) };
}

async function runFor({ run }: Contender, ms: number): Promise<number> {
  const until = performance.now() + ms;
  let scopes = 0;
  const caller = async () => {
    while (performance.now() < until) {
      await run();
      scopes += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return scopes;
}
