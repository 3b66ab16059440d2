import genericPool, { type Factory, type Options, type Pool } from 'generic-pool';
import type { PoolSettings } from '../pool/source.js';

/** What makes, destroys, checks and evicts. */
export interface Keeper<K> extends Factory<K> {
  /** Whether what is idle is to go, where so many are. */
  evict(kept: K, available: number): boolean;
}

interface Bounds {
  readonly settings: PoolSettings;
  readonly maxConnections: number;
}

const EVICTION_RUN_MS = { shortest: 10, longest: 5_000 };

/** A pool of generic-pool's, with an evictor of ours: its own function takes none. */
export function createBarePool<K>(keeper: Keeper<K>, { settings, maxConnections: max }: Bounds): Pool<K> {
  const Evictor = class {
    evict(_config: unknown, { obj }: { obj: K }, available: number) {
      return keeper.evict(obj, available);
    }
  };
  const shortest = Math.min(settings.idleTimeoutMs, settings.maxLifetimeMs);
  const PoolClass = genericPool.Pool as unknown as PoolConstructor<K>;
  const { Deque, PriorityQueue } = genericPool as unknown as Record<string, unknown>;
  return new PoolClass(Evictor, Deque, PriorityQueue, keeper, {
    max,
    min: settings.minIdle,
    fifo: settings.order === 'fifo',
    testOnBorrow: true,
    evictionRunIntervalMillis: Math.min(
      Math.max(shortest / 4, EVICTION_RUN_MS.shortest),
      EVICTION_RUN_MS.longest,
    ),
    numTestsPerEvictionRun: max,
  });
}

type PoolConstructor<K> = new (
  Evictor: unknown,
  Deque: unknown,
  PriorityQueue: unknown,
  factory: Factory<K>,
  options: Options,
) => Pool<K>;
