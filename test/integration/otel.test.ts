import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { context, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  type HistogramMetricData,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClosedError, createWithRedis, type WithRedis } from '../../src/index.js';
import { type Instrumentation, instrumentWithRedis } from '../../src/otel/index.js';
import { eventually, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const redis = useServer();
const create = useInstances(() => ({ url: redis.url, pool: true }));

class Reader extends MetricReader {
  protected override async onShutdown() {}
  protected override async onForceFlush() {}
}

/** What a reader of changes exports is what has changed since it read last. */
class ChangesReader extends Reader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
}

/** What is told of a pool that has gone. */
const nothing = { idle: 0, used: 0, max: 0, idleMax: 0, idleMin: 0, pending: 0 };

/** For a wait that is in vain. */
const soon = { acquireTimeoutMs: 20 };

const open: Instrumentation[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.disable();
});

/** An SDK of its own for each test. */
function instrument() {
  const [reader, other, changes] = [new Reader(), new Reader(), new ChangesReader()];
  const exporter = new InMemorySpanExporter();
  const meterProvider = new MeterProvider({ readers: [reader, other, changes] });
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const instrumentation = instrumentWithRedis(meterProvider, { tracerProvider });
  open.push(instrumentation);
  return { reader, other, changes, exporter, meterProvider, tracerProvider, instrumentation };
}

/** The data points of each metric by name, `pool.name` apart. */
async function collect(reader: Reader, pool: string) {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  const recorded = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return new Map(
    recorded.map(({ descriptor, dataPoints }) => {
      const own = (dataPoints as HistogramMetricData['dataPoints']).filter(
        ({ attributes }) => attributes['db.client.connection.pool.name'] === pool,
      );
      return [descriptor.name, { unit: descriptor.unit, points: own }];
    }),
  );
}

async function valuesOf(reader: Reader, pool: string) {
  const found = await collect(reader, pool);
  const point = (name: string, state?: string) =>
    found
      .get(`db.client.connection.${name}`)
      ?.points.find(({ attributes }) => attributes['db.client.connection.state'] === state)?.value;
  return {
    idle: point('count', 'idle'),
    used: point('count', 'used'),
    max: point('max'),
    idleMax: point('idle.max'),
    idleMin: point('idle.min'),
    pending: point('pending_requests'),
    timeouts: point('timeouts'),
  };
}

const times = async (reader: Reader, pool: string, name: string) =>
  (await collect(reader, pool)).get(`db.client.connection.${name}`)?.points[0];

/** What may be thrown, and throws itself where one looks into it. */
function hostileThings(): readonly unknown[] {
  const fail = () => {
    throw new Error('nobody may look into this');
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const failingAt = (key: string, of = new Error('hostile')) => Object.defineProperty(of, key, { get: fail });
  return [
    Object.create(null),
    revoked.proxy,
    { toString: fail },
    new Proxy(new Error('hostile'), { get: fail }),
    new Proxy(new Error('hostile'), { getPrototypeOf: fail }),
    ...['message', 'name', 'stack', 'code', 'constructor'].map((key) => failingAt(key)),
    failingAt('code', new ClosedError('hostile')),
    Object.assign(new Error(), {
      message: Object.create(null),
      name: Symbol('hostile'),
      code: { toString: fail },
    }),
  ];
}

describe('the metrics', () => {
  it('are the nine of the semantic conventions, with their units', async () => {
    const { reader } = instrument();
    const cache = create({ name: 'nine', maxConnections: 1 });
    await cache(async () => void (await outcomeOf(cache((r) => r.ping(), soon))));
    const metrics = await collect(reader, 'nine');
    const units = Object.fromEntries([...metrics].map(([name, { unit }]) => [name, unit]));
    expect(units).toEqual({
      'db.client.connection.count': '{connection}',
      'db.client.connection.idle.max': '{connection}',
      'db.client.connection.idle.min': '{connection}',
      'db.client.connection.max': '{connection}',
      'db.client.connection.pending_requests': '{request}',
      'db.client.connection.timeouts': '{timeout}',
      'db.client.connection.create_time': 's',
      'db.client.connection.wait_time': 's',
      'db.client.connection.use_time': 's',
    });
    expect([...metrics.values()].every(({ points }) => points.length > 0)).toBe(true);
  });

  it('count what is idle, used, waiting and timed out', async () => {
    const { reader } = instrument();
    const cache = create({
      name: 'counted',
      maxConnections: 3,
      pool: { minIdle: 1 },
    });
    const leases = await Promise.all([cache.acquire(), cache.acquire(), cache.acquire()]);
    const waiting = outcomeOf(cache((r) => r.ping(), { acquireTimeoutMs: 200 }));
    const base = { max: 3, idleMax: 3, idleMin: 1 };
    expect(await valuesOf(reader, 'counted')).toEqual({ ...base, idle: 0, used: 3, pending: 1 });
    await waiting;
    await leases[0]?.release();
    expect(await valuesOf(reader, 'counted')).toEqual({ ...base, idle: 1, used: 2, pending: 0, timeouts: 1 });
    await Promise.all(leases.map((lease) => lease.release()));
  });

  it('measure in seconds what opening, waiting and using took', async () => {
    const { reader } = instrument();
    const cache = create({ name: 'timed', maxConnections: 1 });
    await Promise.all([cache(() => sleep(50)), cache(() => {})]);
    const use = await times(reader, 'timed', 'use_time');
    expect(use?.value).toMatchObject({ count: 2, sum: expect.closeTo(0.05, 0) });
    expect(use?.value.sum).toBeGreaterThanOrEqual(0.045);
    expect(use?.value.buckets.boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    const wait = await times(reader, 'timed', 'wait_time');
    expect(wait?.value.count).toBe(2);
    expect(wait?.value.max).toBeGreaterThanOrEqual(0.045);
    expect(wait?.value.max).toBeLessThan(5);
    const opened = await times(reader, 'timed', 'create_time');
    expect(opened?.value.count).toBe(1);
    expect(opened?.value.sum).toBeLessThan(5);
  });

  it('see instances made before and after, and add up those of one name', async () => {
    const before = create({ name: 'twins', maxConnections: 2 });
    await before((r) => r.ping());
    const { reader } = instrument();
    expect(await valuesOf(reader, 'twins')).toMatchObject({ max: 2, idle: 1 });
    const after = create({ name: 'twins', maxConnections: 5 });
    await after((r) => r.ping());
    expect(await valuesOf(reader, 'twins')).toMatchObject({ max: 7, idle: 2 });
  });

  it('say that no idle connection is kept where there is no pool', async () => {
    const { reader } = instrument();
    await create({ name: 'fresh', pool: false })((r) => r.ping());
    expect(await valuesOf(reader, 'fresh')).toMatchObject({ idleMax: 0, idleMin: 0, max: 10, idle: 0 });
  });

  it('forget an instance that was closed before anybody read them', async () => {
    const { reader } = instrument();
    const cache = create({ name: 'gone' });
    await cache((r) => r.ping());
    await cache.close();
    expect(await valuesOf(reader, 'gone')).toEqual({});
  });

  it('are 0 for good after an instance is closed, and the next one of its name begins anew', async () => {
    const { reader, other } = instrument();
    const cache = create({ name: 'over', maxConnections: 2, pool: { minIdle: 1 } });
    const held = await cache.acquire();
    await cache((r) => r.ping());
    const full = { idle: 1, used: 1, max: 2, idleMax: 2, idleMin: 1, pending: 0 };
    expect(await valuesOf(reader, 'over')).toEqual(full);
    await held.release();
    await cache.close();
    for (const each of [reader, other, reader]) expect(await valuesOf(each, 'over')).toEqual(nothing);
    await create({ name: 'over', maxConnections: 5 })((r) => r.ping());
    expect(await valuesOf(reader, 'over')).toMatchObject({ max: 5, idle: 1, used: 0 });
  });

  it('are 0 for an instance that is closed while another of its name is not yet', async () => {
    const { reader } = instrument();
    const [one, other] = [create({ name: 'halves' }), create({ name: 'halves' })];
    for (const cache of [one, other]) await cache((r) => r.ping());
    expect(await valuesOf(reader, 'halves')).toMatchObject({ max: 20, idle: 2 });
    await one.close();
    expect(await valuesOf(reader, 'halves')).toMatchObject({ max: 10, idle: 1 });
    await other.close();
    expect(await valuesOf(reader, 'halves')).toEqual(nothing);
  });

  it('are changes that add up to 0, to a reader of changes', async () => {
    const { changes } = instrument();
    const cache = create({ name: 'changes' });
    await cache((r) => r.ping());
    expect(await valuesOf(changes, 'changes')).toMatchObject({ max: 10, idle: 1 });
    await cache.close();
    expect(await valuesOf(changes, 'changes')).toMatchObject({ max: -10, idle: -1 });
    expect(await valuesOf(changes, 'changes')).toEqual({});
  });

  it('do not keep an instance alive that nobody has any more, and are 0 after it', async () => {
    const { reader } = instrument();
    let cache: WithRedis | undefined = createWithRedis({ url: redis.url, name: 'dropped' });
    await cache((r) => r.ping());
    expect(await valuesOf(reader, 'dropped')).toMatchObject({ max: 10 });
    cache = undefined;
    const seen = await eventually(
      () => {
        collectGarbage();
        return valuesOf(reader, 'dropped');
      },
      ({ max }) => Object.is(max, 0),
      5_000,
    );
    expect(seen).toEqual(nothing);
  });

  it('are 0 after they were switched off, unless they were switched on again', async () => {
    const { reader, meterProvider, instrumentation } = instrument();
    await create({ name: 'off', maxConnections: 3 })((r) => r.ping());
    expect(await valuesOf(reader, 'off')).toMatchObject({ max: 3, idle: 1 });
    instrumentation.disable();
    const again = instrumentWithRedis(meterProvider);
    expect(await valuesOf(reader, 'off')).toMatchObject({ max: 3, idle: 1 });
    again.disable();
    for (const _ of [1, 2]) expect(await valuesOf(reader, 'off')).toEqual(nothing);
  });

  it('count once however often it is called, and nothing once it is off', async () => {
    const { reader, meterProvider, instrumentation } = instrument();
    expect(instrumentWithRedis(meterProvider)).toBe(instrumentation);
    const cache = create({ name: 'once', maxConnections: 1 });
    const held = await cache.acquire();
    await outcomeOf(cache((r) => r.ping(), soon));
    expect(await valuesOf(reader, 'once')).toMatchObject({ timeouts: 1, max: 1 });
    instrumentation.disable();
    instrumentation.disable();
    await outcomeOf(cache((r) => r.ping(), soon));
    expect((await valuesOf(reader, 'once')).timeouts ?? 1).toBe(1);
    const again = instrumentWithRedis(meterProvider);
    expect(again).not.toBe(instrumentation);
    again[Symbol.dispose]();
    await held.release();
  });

  it('go to each of two providers', async () => {
    const [one, other] = [instrument(), instrument()];
    await create({ name: 'both' })((r) => r.ping());
    expect((await times(one.reader, 'both', 'use_time'))?.value.count).toBe(1);
    expect((await times(other.reader, 'both', 'use_time'))?.value.count).toBe(1);
  });
});

describe('the spans', () => {
  const manager = new AsyncLocalStorageContextManager();
  beforeAll(() => void context.setGlobalContextManager(manager.enable()));
  afterAll(() => context.disable());

  it('are one for each scope with a label, with stable attributes', async () => {
    const { exporter } = instrument();
    const cache = create({ name: 'spans' });
    await cache('cart.reserve', (r) => r.ping());
    await cache((r) => r.ping());
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name)).toEqual(['cart.reserve']);
    expect(spans[0]).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
    expect(spans[0]?.attributes).toEqual({
      'db.system.name': 'redis',
      'db.client.connection.pool.name': 'spans',
      'db.namespace': '0',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(redis.url).port),
      'with_redis.isolation': 'exclusive',
      'with_redis.attempts': 1,
    });
  });

  it('are one to a tracer provider, also where two meter providers record, until the last of them is off', async () => {
    const { exporter, tracerProvider, instrumentation } = instrument();
    const other = instrumentWithRedis(new MeterProvider(), { tracerProvider });
    open.push(other);
    const cache = create();
    const names = () => exporter.getFinishedSpans().map(({ name }) => name);
    await cache('both', (r) => r.ping());
    expect(names()).toEqual(['both']);
    // Whoever began the span is gone when its scope is over.
    await cache('during', async () => instrumentation.disable());
    await cache('after', (r) => r.ping());
    expect(names()).toEqual(['both', 'during', 'after']);
    other.disable();
    await cache('off', (r) => r.ping());
    expect(names()).toHaveLength(3);
  });

  it('are one where it was called before the global providers were registered, and after', async () => {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    open.push(instrumentWithRedis());
    trace.setGlobalTracerProvider(tracerProvider);
    metrics.setGlobalMeterProvider(new MeterProvider());
    open.push(instrumentWithRedis(), instrumentWithRedis(new MeterProvider(), { tracerProvider }));
    await create()('one', (r) => r.ping());
    trace.disable();
    metrics.disable();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['one']);
  });

  it('hold the exception that a scope failed with, by its kind', async () => {
    const { exporter } = instrument();
    const cache = create({ maxConnections: 1 });
    await outcomeOf(cache('business', () => Promise.reject(new TypeError('no stock'))));
    await outcomeOf(cache('text', () => Promise.reject('just text')));
    const held = await cache.acquire();
    await outcomeOf(cache('hungry', (r) => r.ping(), soon));
    await held.release();
    const [business, text, hungry] = exporter.getFinishedSpans();
    expect(business).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'no stock' } });
    expect(business?.attributes['error.type']).toBe('TypeError');
    expect(business?.events[0]).toMatchObject({
      name: 'exception',
      attributes: { 'exception.message': 'no stock', 'exception.type': 'TypeError' },
    });
    expect(text).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'just text' } });
    expect(text?.attributes['error.type']).toBe('_OTHER');
    expect(hungry?.attributes['error.type']).toBe('ERR_WITH_REDIS_ACQUIRE_TIMEOUT');
  });

  it('end whatever was thrown, which is never looked into in a way that could throw', async () => {
    const { exporter } = instrument();
    const cache = create();
    for (const thrown of hostileThings()) {
      const { error } = await outcomeOf(cache('hostile', () => Promise.reject(thrown)));
      expect(Object.is(error, thrown)).toBe(true);
    }
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(hostileThings().length);
    for (const { status, attributes, events } of spans) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: expect.any(String) });
      expect(attributes['error.type']).toEqual(expect.any(String));
      expect(events[0]?.attributes?.['exception.message']).toEqual(expect.any(String));
    }
  });

  it('include the wait and every attempt', async () => {
    const { exporter } = instrument();
    const cache = create({ maxConnections: 1 });
    const first = cache(() => sleep(50));
    let attempts = 0;
    const again = () => {
      attempts += 1;
      if (attempts < 3) throw new Error('again');
    };
    await cache('waited', again, { retry: { attempts: 3, delayMs: 10 } });
    await first;
    const [span] = exporter.getFinishedSpans();
    const [seconds, nanos] = span?.duration ?? [0, 0];
    expect(seconds * 1_000 + nanos / 1e6).toBeGreaterThanOrEqual(60);
    expect(span?.attributes['with_redis.attempts']).toBe(3);
  });

  it('are children of where the scope was called, and parents of what its function does', async () => {
    const { exporter, tracerProvider } = instrument();
    const tracer = tracerProvider.getTracer('test');
    const cache = create({ maxConnections: 1, nested: 'detect' });
    await tracer.startActiveSpan('request', async (request) => {
      const busy = cache(() => sleep(20));
      await cache('scope', async (r) => {
        await r.ping();
        tracer.startSpan('command').end();
      });
      expect(trace.getActiveSpan()).toBe(request);
      await busy;
      request.end();
    });
    const [command, scope, request] = exporter.getFinishedSpans();
    expect([command?.name, scope?.name, request?.name]).toEqual(['command', 'scope', 'request']);
    expect(scope?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(command?.parentSpanContext?.spanId).toBe(scope?.spanContext().spanId);
  });
});
