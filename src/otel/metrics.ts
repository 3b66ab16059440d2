import type { Attributes, BatchObservableResult, Histogram, Meter } from '@opentelemetry/api';
import type { AnyWithRedisError, TraceMessage } from '../index.js';
import { listen } from './listen.js';
import { followPools } from './pools.js';
import { typeOf } from './thrown.js';

export const POOL_NAME = 'db.client.connection.pool.name';
const STATE = 'db.client.connection.state';

const TIMED_OUT: AnyWithRedisError['code'] = 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT';

/** What the semantic conventions advise for the durations of database clients, in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** The nine metrics of a connection pool in the semantic conventions. Returns what ends it. */
export function recordMetrics(meter: Meter): () => void {
  const ends = [observePools(meter), recordTimes(meter), countTimeouts(meter)];
  return () => {
    for (const end of ends) end();
  };
}

function observePools(meter: Meter): () => void {
  const observable = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(`db.client.connection.${name}`, { unit, description });
  const count = observable('count', '{connection}', 'Connections in the state that the attribute says');
  const max = observable('max', '{connection}', 'Connections allowed');
  const idleMax = observable('idle.max', '{connection}', 'Idle connections that are kept at most');
  const idleMin = observable('idle.min', '{connection}', 'Idle connections that are kept at least');
  const pending = observable('pending_requests', '{request}', 'Requests that wait for a connection');
  let on = true;
  const readPools = followPools(() => on);
  const observe = (result: BatchObservableResult) => {
    for (const [name, pool] of readPools()) {
      const attributes: Attributes = { [POOL_NAME]: name };
      result.observe(count, pool.idle, { ...attributes, [STATE]: 'idle' });
      result.observe(count, pool.used, { ...attributes, [STATE]: 'used' });
      result.observe(max, pool.max, attributes);
      result.observe(idleMax, pool.idleMax, attributes);
      result.observe(idleMin, pool.idleMin, attributes);
      result.observe(pending, pool.pending, attributes);
    }
    // Not at once: the SDK goes through its list of callbacks.
    if (!on) queueMicrotask(() => meter.removeBatchObservableCallback(observe, observed));
  };
  const observed = [count, max, idleMax, idleMin, pending];
  meter.addBatchObservableCallback(observe, observed);
  return () => {
    on = false;
  };
}

function recordTimes(meter: Meter): () => void {
  const histogram = (name: string, description: string) =>
    meter.createHistogram(`db.client.connection.${name}`, {
      unit: 's',
      description,
      advice: { explicitBucketBoundaries: BUCKETS },
    });
  const create = histogram('create_time', 'Time it took to open a connection');
  const wait = histogram('wait_time', 'Time it took to get a connection');
  const use = histogram('use_time', 'Time between getting a connection and giving it back');
  const ends = [
    listen('connect', { over: (message) => record(create, message, message.connectMs) }),
    listen('acquire', { over: (message) => record(wait, message, message.waitMs) }),
    listen('release', { over: (message) => record(use, message, message.heldMs) }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** What failed took no time that would say anything of those that did not. */
function record(histogram: Histogram, message: TraceMessage, ms: number | undefined): void {
  if (ms === undefined || 'error' in message) return;
  histogram.record(ms / 1_000, { [POOL_NAME]: message.name });
}

function countTimeouts(meter: Meter): () => void {
  const timeouts = meter.createCounter('db.client.connection.timeouts', {
    unit: '{timeout}',
    description: 'Requests for a connection that waited for as long as they may',
  });
  return listen('acquire', {
    over: ({ name, error }) => {
      if (typeOf(error) === TIMED_OUT) timeouts.add(1, { [POOL_NAME]: name });
    },
  });
}
