import genericPool, { type Factory, type Options, type Pool } from 'generic-pool';

/** Whether what is idle is to go, where so many are. */
export type Evict<K> = (kept: K, available: number) => boolean;

/** A pool of generic-pool's, with an evictor of ours: its own function takes none. */
export function createBarePool<K>(factory: Factory<K>, options: Options, evict: Evict<K>): Pool<K> {
  const Evictor = class {
    evict(_config: unknown, { obj }: { obj: K }, available: number) {
      return evict(obj, available);
    }
  };
  const PoolClass = genericPool.Pool as unknown as PoolConstructor<K>;
  const { Deque, PriorityQueue } = genericPool as unknown as Record<string, unknown>;
  return new PoolClass(Evictor, Deque, PriorityQueue, factory, options);
}

type PoolConstructor<K> = new (
  Evictor: unknown,
  Deque: unknown,
  PriorityQueue: unknown,
  factory: Factory<K>,
  options: Options,
) => Pool<K>;
