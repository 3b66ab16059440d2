import type { CallLimits, Isolation } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import type { RetryPolicy } from '../core/retry.js';
import type { CallOptions, RetryOptions } from './options.js';
import * as check from './validation.js';

export const ISOLATION = check.oneOf('exclusive', 'shared', 'auto');

const CALL: check.Kinds<Omit<CallSettings, 'retry' | 'alone'>> = {
  signal: check.SIGNAL,
  label: check.LABEL,
  deadlineMs: check.DURATION,
  acquireTimeoutMs: check.DURATION,
  isolation: ISOLATION,
  key: check.ROUTE_KEY,
};

const RETRY: check.Kinds<RetryPolicy> = {
  attempts: check.count(1, UNLIMITED),
  delayMs: check.DURATION,
  maxDelayMs: check.DURATION,
  factor: { wanted: 'a number of at least 1', is: (value) => Number.isFinite(value) && Number(value) >= 1 },
  jitter: check.oneOf('none', 'full'),
  when: check.FUNCTION,
  idempotent: check.FLAG,
};

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
  readonly callDefaults: CallSettings;
  readonly maxConnections: number;
}

export function readCallOptions(
  { callDefaults, maxConnections }: CallBase,
  label: string | undefined,
  options: CallOptions = {},
): CallSettings {
  check.object('options', options);
  const read = check.options('', options, CALL, callDefaults, ['retry']);
  checkIsolation(read.isolation, maxConnections);
  return { ...read, label: label ?? read.label, retry: readRetry(options.retry, callDefaults.retry) };
}

/** Beside the shared connection there must be one to move to. */
export function checkIsolation(isolation: Isolation, maxConnections: number): void {
  if (isolation === 'auto') check.value('maxConnections', maxConnections, check.count(2));
}

export function readRetry(given: RetryOptions | number | undefined, base: RetryPolicy): RetryPolicy {
  if (given === undefined) return base;
  const retry = typeof given === 'number' ? { attempts: given } : given;
  check.object('retry', retry);
  return check.options('retry.', retry, RETRY, base);
}
