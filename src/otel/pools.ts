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

const instances = channel('with-redis:instances');

/** All pools of this process as they are now, by name. */
export function readPools(): ReadonlyMap<string, Pool> {
  const pools = new Map<string, Pool>();
  const add = ({ stats, idle }: InstanceReport) => {
    const pool = pools.get(stats.name) ?? { idle: 0, used: 0, pending: 0, max: 0, idleMin: 0, idleMax: 0 };
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
