import { channel } from 'node:diagnostics_channel';
import type { InstanceReport, InstancesMessage } from '../index.js';

/** What all instances of one name have together. */
export interface Pool {
  idle: number;
  used: number;
  pending: number;
  max: number;
  idleMin: number;
  idleMax: number;
}

type Pools = ReadonlyMap<string, Pool>;

const instances = channel('with-redis:instances');

const empty = (): Pool => ({ idle: 0, used: 0, pending: 0, max: 0, idleMin: 0, idleMax: 0 });

/**
 * Returns what reads all pools as they are now, by name, and once more, with nothing, each that has gone since the last
 * reading: a cumulative reader exports for ever what it was last told of a pool. Where it is off, all have gone.
 */
export function followPools(isOn: () => boolean): () => Pools {
  let last: Pools = new Map();
  return () => {
    const now: Pools = isOn() ? readPools() : new Map();
    const gone = [...last.keys()].filter((name) => !now.has(name));
    last = now;
    return new Map([...now, ...gone.map((name) => [name, empty()] as const)]);
  };
}

function readPools(): Pools {
  const pools = new Map<string, Pool>();
  const add = ({ stats, idle }: InstanceReport) => {
    const pool = pools.get(stats.name) ?? empty();
    pool.idle += stats.idle;
    pool.used += stats.borrowed;
    pool.pending += stats.pending;
    pool.max += stats.max;
    pool.idleMin += idle.min;
    pool.idleMax += idle.max;
    pools.set(stats.name, pool);
  };
  instances.publish({ add } satisfies InstancesMessage);
  return pools;
}
