import type { CallLimits, Isolation } from '../core/call.js';
import type { RetryPolicy } from '../core/retry.js';
import type { CallOptions, RetryOptions } from './options.js';
import * as check from './validation.js';

const RETRY_NAMES = ['attempts', 'delayMs', 'maxDelayMs', 'factor', 'jitter', 'when', 'idempotent'] as const;

const CALL_NAMES = [
  'signal',
  'label',
  'deadlineMs',
  'acquireTimeoutMs',
  'retry',
  'isolation',
  'key',
] as const;

export const NO_RETRY: RetryPolicy = {
  attempts: 1,
  delayMs: 100,
  maxDelayMs: 5_000,
  factor: 2,
  jitter: 'none',
  when: undefined,
  idempotent: false,
};

/** What one call may set, over what the instance says. */
export interface CallSettings extends CallLimits {
  readonly retry: RetryPolicy;
}

/** What the instance says. */
interface CallBase {
  readonly deadlineMs: number;
  readonly acquireTimeoutMs: number;
  readonly isolation: Isolation;
  readonly maxConnections: number;
  readonly retry: RetryPolicy;
}

export function readCallOptions(
  settings: CallBase,
  label: string | undefined,
  options: CallOptions = {},
): CallSettings {
  check.object('options', options);
  check.knownKeys('', options, CALL_NAMES);
  return {
    label: check.label('label', label ?? options.label),
    signal: check.signal('signal', options.signal),
    deadlineMs: check.duration('deadlineMs', options.deadlineMs, settings.deadlineMs),
    acquireTimeoutMs: check.duration('acquireTimeoutMs', options.acquireTimeoutMs, settings.acquireTimeoutMs),
    isolation: readIsolation(options.isolation, settings.isolation, settings.maxConnections),
    retry: readRetry(options.retry, settings.retry),
    key: check.routeKey('key', options.key),
  };
}

export function readIsolation(
  value: Isolation | undefined,
  base: Isolation,
  maxConnections: number,
): Isolation {
  const isolation = check.oneOf('isolation', value ?? base, ['exclusive', 'shared', 'auto']);
  // Beside the shared connection there must be one to move to.
  if (isolation === 'auto') check.count('maxConnections', maxConnections, 0, 2);
  return isolation;
}

export function readRetry(retry: RetryOptions | undefined, base: RetryPolicy): RetryPolicy {
  if (retry === undefined) return base;
  check.object('retry', retry);
  check.knownKeys('retry.', retry, RETRY_NAMES);
  return {
    attempts: check.limit('retry.attempts', retry.attempts, base.attempts, 1),
    delayMs: check.duration('retry.delayMs', retry.delayMs, base.delayMs),
    maxDelayMs: check.duration('retry.maxDelayMs', retry.maxDelayMs, base.maxDelayMs),
    factor: check.atLeast('retry.factor', retry.factor, base.factor, 1),
    jitter: check.oneOf('retry.jitter', retry.jitter ?? base.jitter, ['none', 'full']),
    when: check.fn('retry.when', retry.when) ?? base.when,
    idempotent: check.flag('retry.idempotent', retry.idempotent, base.idempotent),
  };
}
