import { count } from '../testing/description.js';
import type { LeakReport } from '../testing/index.js';
import { drawChart } from './chart.js';

const tones = { leak: 'bad', 'no leak': 'good', inconclusive: 'open' } as const;
/** A longer name would leave no room for what was found. */
const longestName = 22;

/** Connections over calls as an SVG, the warm-up before 0; what it says is of the report alone. */
export function drawReport(name: string, report: LeakReport): string {
  const { verdict, connections, calls, warmup } = report;
  // Calls of the warm-up that were cut short have no samples; one sample is the start.
  const before = Math.max(0, warmup.samples.length - 1);
  const text = {
    title: titleOf(name, report),
    subtitle: `Measured by with-redis leakcheck, ${count(calls, 'call')}, Node ${process.versions.node}`,
    xLabel: `calls of ${name}`,
    yLabel: 'connections open',
    ...(before > 0 ? { mark: `the warm-up of ${count(before, 'call')} ends` } : {}),
  };
  const line = {
    label: 'open',
    tone: tones[verdict],
    // What is open after the last call of the warm-up is also where the measured ones begin.
    values: [...warmup.samples.slice(0, before), ...connections.samples],
    from: -before,
    rest: connections.after,
  } as const;
  return drawChart(text, [line]);
}

/** The reason of a verdict is a sentence already; without a leak there is more to see than that nothing was found. */
function titleOf(name: string, { verdict, reason, connections, warmup }: LeakReport): string {
  const short = name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`;
  if (verdict !== 'no leak') return `${short}${verdict === 'leak' ? '' : ', inconclusive'}: ${reason}`;
  const { before, after } = connections;
  const since = warmup.calls > 0 ? 'after the warm-up' : 'at the start';
  return `${short} does not leak: ${before} open ${since}, ${after} at the end`;
}
