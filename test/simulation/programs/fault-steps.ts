import type { Draw } from './draw.js';
import { WAYS } from './factory.js';
import type { InstancePlan, NetworkEvent, Scope, ServerEvent, Step } from './program.js';

const REFUSALS: readonly ServerEvent[] = ['loading', 'loading all', 'misconf', 'out of memory', 'busy'];
const MOODS: readonly ServerEvent[] = [...REFUSALS, 'full', 'forget scripts', 'replica'];
const ENDINGS: readonly ServerEvent[] = [
  'drop by finish',
  'drop by reset',
  'drop silently',
  'restart',
  'down',
  'pause',
];

/** Long enough for everybody to give up what leads nowhere. */
const LONG_MS = 2_500;

/** The cluster is another one afterwards. @param work what is called meanwhile */
export function drawReshaping(draw: Draw, work: () => readonly Step[] = () => []): Step[] {
  const at = draw.random.int(0, 5);
  const what = draw.random.pick(RESHAPINGS);
  return [
    { do: 'server', what, at },
    // Whoever has given its part away, or has got another one, may have something to load.
    ...(draw.with('moods', 0.3)
      ? [{ do: 'server' as const, what: draw.random.pick(REFUSALS), at: draw.random.int(0, 5) }]
      : []),
    ...work(),
    { do: 'wait', ms: draw.random.chance(0.25) ? LONG_MS : draw.ms() },
    { do: 'server', what: 'well', at },
  ];
}

/** A fault, what happens and what is called meanwhile, and its end. */
export function drawFault(draw: Draw, instance: InstancePlan, calls: () => Step): Step[] {
  const { address } = instance;
  const random = draw.random;
  const faults: (() => Step[])[] = [];
  const work = (): Step[] => (random.chance(0.5) ? [calls()] : []);
  const meanwhile = (): Step[] => [...work(), { do: 'wait', ms: draw.ms() }];
  // Which of the nodes, if not all of them.
  const at = address === 'cluster' && random.chance(0.8) ? { at: random.int(0, 5) } : {};
  const server = (what: ServerEvent): Step => ({ do: 'server', what, ...at });
  const network = (what: NetworkEvent): Step => ({ do: 'network', what, ...(random.chance(0.9) && at) });
  if (draw.has('endings')) faults.push(() => [server(random.pick(ENDINGS)), ...meanwhile(), server('well')]);
  if (draw.has('moods')) faults.push(() => [server(random.pick(MOODS)), ...meanwhile(), server('well')]);
  if (draw.has('moves') && address !== 'cluster') faults.push(() => [server('move')]);
  if (address === 'cluster' && draw.has('reshaping'))
    faults.push(...RESHAPINGS.map(() => () => drawReshaping(draw, work)));
  if (address === 'sentinels') {
    faults.push(() => [server(random.pick(SENTINEL_FAULTS)), ...meanwhile(), server('well')]);
    faults.push(() => [
      server(random.pick(['depose', 'depose unheard'])),
      ...drawCounts(draw),
      server('well'),
    ]);
  }
  if (address === 'factory' && !draw.isCalm)
    faults.push(() => [
      { do: 'factory', what: random.pick(WAYS) },
      calls(),
      { do: 'wait', ms: draw.ms() },
      { do: 'factory', what: 'well' },
    ]);
  if (draw.has('speech')) faults.push(() => [server('speak')]);
  if (draw.has('clock'))
    faults.push(() => [{ do: 'clock', ms: random.pick([-60_000, -10_000, -500, 500, 10_000, 3_600_000]) }]);
  if (draw.has('stalls')) faults.push(() => drawStall(draw));
  if (draw.has('other timers') && lastsNot(instance)) faults.push(() => drawOtherTimers(calls));
  if (draw.has('sleep')) faults.push(() => [{ do: 'sleep', ms: random.pick([1_000, 600_000]) }]);
  if (draw.has('network'))
    faults.push(() => [network(drawNetworkEvent(draw)), ...meanwhile(), network({ name: 'clear' })]);
  return faults.length > 0 ? random.pick(faults)() : [];
}

/** Nothing of it waits for a timer while nothing is called. */
const lastsNot = ({ address, pool, isolation, observer }: InstancePlan) =>
  !pool && isolation === 'exclusive' && observer !== 'acts' && ['url', 'redis', 'both'].includes(address);

/** Nothing is under way as they come, nor as they go. */
function drawOtherTimers(calls: () => Step): Step[] {
  const quiet: readonly Step[] = [{ do: 'settle' }, { do: 'wait', ms: LONG_MS }];
  return [
    ...quiet,
    { do: 'timers', what: 'replaced' },
    calls(),
    ...quiet,
    { do: 'timers', what: 'back' },
    calls(),
  ];
}

const RESHAPINGS: readonly ServerEvent[] = [
  'fail over',
  'die',
  'hang',
  'depose',
  'migrate',
  'fail over midway',
  'cluster down',
  'forget',
  'join',
  'replace',
  'replace all',
  'usurp',
  'desert',
];
const SENTINEL_FAULTS: readonly ServerEvent[] = ['sentinel down', 'sentinel mute', 'sentinel cut off'];

/** Writes now and then, for longer than anybody takes to hear of a new master. */
function drawCounts(draw: Draw): Step[] {
  const scope: Scope = { body: [{ do: 'count', how: 0 }], catches: false };
  return Array.from({ length: 5 }, () => [
    { do: 'scopes' as const, scopes: Array.from({ length: draw.random.int(1, 4) }, () => scope) },
    { do: 'wait' as const, ms: 2_400 },
  ]).flat();
}

/** The thread is busy just when somebody begins after a while of quiet, or at any time. */
function drawStall(draw: Draw): Step[] {
  const random = draw.random;
  const stall: Step = { do: 'stall', ms: random.pick([5, 300, 2_000]) };
  if (random.chance(0.5)) return [stall];
  const scope: Scope = { body: [{ do: 'echo', how: 0 }], catches: false };
  return [
    { do: 'wait', ms: 1_500 },
    { do: 'scopes', scopes: [scope] },
    { do: 'wait', ms: random.int(0, 2) / 10 },
    stall,
  ];
}

function drawNetworkEvent(draw: Draw): NetworkEvent {
  const name = draw.random.pick([
    'slow',
    'hold requests',
    'hold replies',
    'vanish',
    'refuse',
    'split',
    'narrow',
  ] as const);
  return name === 'slow' ? { name, ms: draw.random.pick([5, 40, 280, 900]) } : { name };
}
