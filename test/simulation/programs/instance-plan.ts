import type { Draw } from './draw.js';
import type { InstancePlan, Isolation } from './program.js';

/** How an instance is made. */
export function drawInstance(draw: Draw): InstancePlan {
  const random = draw.random;
  const isolation = draw.isCalm
    ? 'exclusive'
    : random.pick<Isolation>(['exclusive', 'exclusive', 'shared', 'auto']);
  const acquireTimeoutMs = random.pick([30, 150, 800, 5_000]);
  const deadlineMs = random.pick([100, 600, 5_000]);
  const maxConnections = Math.max(isolation === 'auto' ? 2 : 1, random.pick([1, 2, 3, 4, 4, 8]));
  const address = drawAddress(draw);
  // A dial takes six of them, and has to be possible; each of three sentinels has a quarter of the time, and a node of a
  // cluster is dialled when another one has told of it.
  const longest =
    Math.min(acquireTimeoutMs, deadlineMs) / (['sentinels', 'cluster'].includes(address) ? 64 : 16);
  const latencyMs = random.pick(
    [0.05, 0.2, 0.2, 1, 20, ...(draw.has('far') ? [280] : [])].filter((ms) => ms < longest),
  );
  return {
    isolation,
    maxConnections,
    pool:
      random.weighted({ no: 2, yes: 4, detailed: 4 }) === 'no'
        ? false
        : random.chance(0.5) || drawPool(draw, maxConnections),
    maxConnecting: random.int(1, maxConnections),
    maxPending: random.pick([0, 3, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]),
    acquireTimeoutMs,
    deadlineMs,
    releaseTimeoutMs: random.pick([50, 300, 1_000]),
    attempts: random.pick([1, 1, 1, 2, 4]),
    // In a cluster nobody tells deadlocks, and no connection is lent twice.
    nested: draw.with('nesting')
      ? random.pick(address === 'cluster' ? ['allow', 'forbid'] : ['allow', 'detect', 'reuse', 'forbid'])
      : 'allow',
    protocol: random.pick([2, 2, 3]),
    address,
    password: random.chance(0.2),
    ...(address === 'cluster' && random.chance(0.3) && { refreshes: true }),
    ...(address === 'cluster' && random.chance(0.4) && { refreshTimeoutMs: 16 * latencyMs + 80 }),
    ...(address === 'cluster' && random.chance(0.4) && { nodes: random.pick(['names', 'inside'] as const) }),
    observer: draw.with('observers') ? random.pick(['counts', 'throws', 'acts']) : 'none',
    latencyMs,
    ...(draw.with('key prefix', 0.3) && { prefixes: true }),
    ...(draw.with('command timeouts', 0.2) && { commandTimeoutMs: 8 * latencyMs + random.pick([5, 25]) }),
    ...(draw.with('leak watch', 0.4) && { leakThresholdMs: random.pick([20, 300]) }),
    ...(draw.with('tracing', 0.6) && { traced: true }),
  };
}

function drawAddress(draw: Draw): InstancePlan['address'] {
  if (draw.with('cluster', 0.28)) return 'cluster';
  if (draw.with('sentinels', 0.25)) return 'sentinels';
  if (draw.with('factories', 0.3)) return 'factory';
  return draw.random.pick(
    draw.with('two addresses') ? (['both', 'url'] as const) : (['url', 'redis'] as const),
  );
}

function drawPool(draw: Draw, maxConnections: number) {
  const random = draw.random;
  return {
    minIdle: random.chance(0.2) ? random.int(1, Math.min(4, maxConnections)) : 0,
    idleTimeoutMs: random.pick([50, 1_000, 30_000]),
    maxLifetimeMs: random.pick([1_000, 1_800_000, 1_800_000]),
    validateAfterIdleMs: random.pick([1, 20, 1_000]),
    order: random.pick(['lifo', 'fifo'] as const),
  };
}
