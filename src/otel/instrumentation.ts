import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api';
import { recordMetrics } from './metrics.js';
import { recordSpans } from './spans.js';

/** Further options of `instrumentWithRedis`. */
export interface InstrumentationOptions {
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider | undefined;
}

/** What `instrumentWithRedis` has begun. */
export interface Instrumentation extends Disposable {
  /** Records nothing from here on, but that each pool is at 0. A second call does nothing. */
  disable(): void;
}

/** Shared by every copy of this module: two of them would count everything twice. */
const REGISTRY: unique symbol = Symbol.for('with-redis.otel.1') as never;

interface Registry {
  [REGISTRY]?: Map<MeterProvider, Instrumentation>;
}

const SCOPE = 'with-redis';

/**
 * Records all instances of this process with OpenTelemetry, those made before and those made later: the metrics
 * `db.client.connection.*` of the semantic conventions, and a span for each scope with a label.
 *
 * A second call with the same meter provider returns what the first one did, until that is disabled. One with another meter
 * provider, such as a call before the global ones are registered and one after, adds no second span of a scope to a tracer
 * provider. An instance is in the metrics from its first call to its `close()`, under its `name`; instances of one name are
 * added up. Of a name that nobody has any more 0 is observed once, with which cumulative readers go on.
 *
 * @param meterProvider Default: the global one, which has to be registered by then.
 *
 * @example
 * ```ts
 * import { MeterProvider } from '@opentelemetry/sdk-metrics';
 * import { instrumentWithRedis } from 'with-redis/otel';
 *
 * const instrumentation = instrumentWithRedis(new MeterProvider());
 * instrumentation.disable();
 * ```
 */
export function instrumentWithRedis(
  meterProvider: MeterProvider = metrics.getMeterProvider(),
  options: InstrumentationOptions = {},
): Instrumentation {
  const registry = globalThis as Registry;
  registry[REGISTRY] ??= new Map();
  const active = registry[REGISTRY];
  const known = active.get(meterProvider);
  if (known) return known;
  const stopMetrics = recordMetrics(meterProvider.getMeter(SCOPE));
  const { tracerProvider = trace.getTracerProvider() } = options;
  const stopSpans = recordSpans(tracerProvider, SCOPE);
  const disable = () => {
    if (!active.delete(meterProvider)) return;
    stopMetrics();
    stopSpans();
  };
  const instrumentation = { disable, [Symbol.dispose]: disable };
  active.set(meterProvider, instrumentation);
  return instrumentation;
}
