import { setImmediate as turn } from 'node:timers/promises';
import { type Figure, type Latency, median, percentile, type Spread, spreadOf } from './figures.js';
import { ours } from './subjects.js';

/** One of those that are compared: all do the same work. */
export interface Contender {
  readonly name: string;
  /** One operation from beginning to end. */
  run(): Promise<unknown>;
  close(): Promise<void>;
}

export interface Plan {
  /** At least 5 where the figures are to be believed. */
  readonly rounds: number;
  /** Of each contender in each round. */
  readonly slices: number;
  readonly sliceMs: number;
  readonly warmUpSlices: number;
}

export interface Comparison {
  readonly group: string;
  readonly contenders: readonly Contender[];
  /** How many operations are under way at once. */
  readonly callers: number;
  readonly plan: Plan;
  readonly onRound?: (round: number) => void;
}

interface Slice {
  readonly operations: number;
  readonly elapsedMs: number;
  readonly cpuMicros: number;
}

/** Of each round, the slices of one contender. */
type Rounds = readonly (readonly Slice[])[];

/**
 * Throughput and processor time of each contender. Whole loops one after the other wander two-fold on a shared machine;
 * short slices in turn meet the same weather. No contender keeps the place behind the same other one.
 */
export async function compare(comparison: Comparison): Promise<Figure[]> {
  const { group, contenders, plan, callers } = comparison;
  for (let slice = 0; slice < plan.warmUpSlices; slice += 1) {
    for (const contender of contenders) await runSlice(contender, callers, plan.sliceMs);
  }
  const measured: Slice[][][] = contenders.map(() => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    comparison.onRound?.(round + 1);
    const slices = await runRound(comparison, round);
    for (const [index, rounds] of measured.entries()) rounds.push(slices[index]!);
  }
  const latencies = await measureLatency(comparison);
  const own = measured[contenders.findIndex(({ name }) => name === ours)];
  return contenders.map(({ name }, index): Figure => {
    const rounds = measured[index]!;
    return {
      group,
      subject: name,
      own: name.startsWith(ours),
      unit: '/s',
      value: spreadOf(rounds.map((slices) => total(slices, throughput))),
      cpuMicros: spreadOf(rounds.map((slices) => total(slices, processorTime))),
      ...(own && own !== rounds && { oursOver: compareSlices(own, rounds) }),
      latency: latencies[index]!,
    };
  });
}

const throughput = ({ operations, elapsedMs }: Slice) => (operations / elapsedMs) * 1_000;
const processorTime = ({ operations, cpuMicros }: Slice) => cpuMicros / operations;

function total(slices: readonly Slice[], figure: (sum: Slice) => number): number {
  const sum = { operations: 0, elapsedMs: 0, cpuMicros: 0 };
  for (const { operations, elapsedMs, cpuMicros } of slices) {
    sum.operations += operations;
    sum.elapsedMs += elapsedMs;
    sum.cpuMicros += cpuMicros;
  }
  return figure(sum);
}

/** Slice against slice, for what disturbs one disturbs its neighbour; then the median of each round. */
function compareSlices(one: Rounds, other: Rounds): Spread {
  return spreadOf(
    one.map((slices, round) =>
      median(slices.map((slice, index) => throughput(slice) / throughput(other[round]![index]!))),
    ),
  );
}

async function runRound({ contenders, callers, plan }: Comparison, round: number): Promise<Slice[][]> {
  const slices: Slice[][] = contenders.map(() => []);
  for (let slice = 0; slice < plan.slices; slice += 1) {
    for (const index of turnOrder(contenders.length, slice, round)) {
      slices[index]!.push(await runSlice(contenders[index]!, callers, plan.sliceMs));
    }
  }
  return slices;
}

/** Who begins moves on with each slice and round; every second round goes backwards, so that neighbours change too. */
function turnOrder(count: number, slice: number, round: number): number[] {
  const order = Array.from({ length: count }, (_, place) => (place + slice + round) % count);
  return round % 2 === 0 ? order : order.reverse();
}

async function runSlice({ run }: Contender, callers: number, sliceMs: number): Promise<Slice> {
  await turn();
  let operations = 0;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const until = startedAt + sliceMs;
  const caller = async () => {
    do {
      await run();
      operations += 1;
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { operations, elapsedMs, cpuMicros: user + system };
}

async function measureLatency({ contenders, callers, plan }: Comparison): Promise<Latency[]> {
  const taken: number[][] = contenders.map(() => []);
  for (let slice = 0; slice < plan.slices; slice += 1) {
    for (const index of turnOrder(contenders.length, slice, 0)) {
      await runTimedSlice(contenders[index]!, callers, plan.sliceMs, taken[index]!);
    }
  }
  return taken.map((times) => ({ p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) }));
}

async function runTimedSlice(
  { run }: Contender,
  callers: number,
  sliceMs: number,
  times: number[],
): Promise<void> {
  await turn();
  const until = performance.now() + sliceMs;
  const caller = async () => {
    let startedAt = performance.now();
    while (startedAt < until) {
      await run();
      const endedAt = performance.now();
      times.push(endedAt - startedAt);
      startedAt = endedAt;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
