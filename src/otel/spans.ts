import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { TraceMessage } from '../index.js';
import { listen } from './listen.js';
import { POOL_NAME } from './metrics.js';
import { describeThrown } from './thrown.js';

/** A span for each scope with a label: from the call, its waits and attempts included, to the moment it is settled. */
export function recordSpans(tracer: Tracer): () => void {
  const spans = new WeakMap<TraceMessage, Span>();
  return listen('scope', {
    start: (message) => {
      const { label, name } = message;
      if (label === undefined) return;
      const attributes = { 'db.system.name': 'redis', [POOL_NAME]: name };
      const span = tracer.startSpan(label, { kind: SpanKind.CLIENT, attributes });
      spans.set(message, span);
      activate(span, message);
    },
    over: (message) => {
      const span = spans.get(message);
      if (!span) return;
      span.setAttributes(attributesOf(message));
      if ('error' in message) fail(span, message.error);
      span.end();
    },
  });
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
