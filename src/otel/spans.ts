import {
  type Attributes,
  context,
  type ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { TraceMessage } from '../index.js';
import { listen } from './listen.js';
import { POOL_NAME } from './metrics.js';
import { describeThrown } from './thrown.js';

/** The spans of a scope by who provides them. Shared by every copy of this module, as whoever listens to a scope is. */
const SPANS: unique symbol = Symbol.for('with-redis.otel.spans.1') as never;

interface Shared {
  [SPANS]?: WeakMap<TraceMessage, Map<TracerProvider, Span>>;
}

/**
 * A span for each scope with a label: from the call, its waits and attempts included, to the moment it is settled. It is
 * one for each provider, however many record with it: whoever hears of the scope first begins it, and of its end, ends it.
 */
export function recordSpans(provider: TracerProvider, scope: string): () => void {
  const shared = globalThis as Shared;
  shared[SPANS] ??= new WeakMap();
  const all = shared[SPANS];
  const tracer = provider.getTracer(scope);
  return listen('scope', {
    start: (message) => {
      const { label, name } = message;
      const spans = all.get(message) ?? new Map<TracerProvider, Span>();
      const provides = behind(provider);
      if (label === undefined || spans.has(provides)) return;
      const attributes = { 'db.system.name': 'redis', [POOL_NAME]: name };
      const span = tracer.startSpan(label, { kind: SpanKind.CLIENT, attributes });
      all.set(message, spans.set(provides, span));
      activate(span, message);
    },
    over: (message) => {
      const spans = all.get(message);
      const span = spans?.get(behind(provider));
      if (!span) return;
      spans?.delete(behind(provider));
      span.setAttributes(attributesOf(message));
      if ('error' in message) fail(span, message.error);
      span.end();
    },
  });
}

/** The global one stands for what is registered, which may be later. */
function behind(provider: TracerProvider): TracerProvider {
  return (provider as Partial<ProxyTracerProvider>).getDelegate?.() ?? provider;
}

/** What the function does, such as the commands that another instrumentation records, belongs to its scope. */
function activate(span: Span, message: TraceMessage): void {
  const inside = trace.setSpan(context.active(), span);
  const { run } = message;
  message.run = (fn) => context.with(inside, () => (run ? run(fn) : fn()));
}

function attributesOf({ server, isolation, attempt }: TraceMessage): Attributes {
  const attributes: Attributes = {};
  if (server) {
    attributes['server.address'] = server.address;
    attributes['db.namespace'] = String(server.database);
    if (server.port !== undefined) attributes['server.port'] = server.port;
  }
  if (isolation !== undefined) attributes['with_redis.isolation'] = isolation;
  if (attempt !== undefined) attributes['with_redis.attempts'] = attempt;
  return attributes;
}

function fail(span: Span, error: unknown): void {
  const { exception, message, type } = describeThrown(error);
  span.recordException(exception);
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
