import { type Profiler, Session } from 'node:inspector/promises';

/** Self time of each function, in microseconds. */
export interface SelfTime {
  readonly functionName: string;
  readonly url: string;
  readonly line: number;
  readonly micros: number;
}

const intervalMicros = 100;

/** What `node --cpu-prof` would write, for as long as `work` runs. */
export async function sample(work: () => Promise<void>): Promise<SelfTime[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: intervalMicros });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return selfTimes(profile);
}

function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, SelfTime>();
  for (const [index, id] of samples.entries()) {
    const { functionName, url, lineNumber } = frames.get(id)!;
    const key = `${functionName} ${url}:${lineNumber}`;
    const micros = (times.get(key)?.micros ?? 0) + (timeDeltas[index] ?? 0);
    times.set(key, { functionName, url, line: lineNumber + 1, micros });
  }
  return [...times.values()].sort((a, b) => b.micros - a.micros);
}
