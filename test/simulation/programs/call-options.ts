import type { CallOptions } from 'with-redis';
import { PAUSE_MS } from './attempts.js';
import type { Scope } from './program.js';

/** What a call is made with. */
export function optionsOf(scope: Scope, label: string, signal: AbortSignal | undefined): CallOptions {
  const { isolation, deadlineMs, acquireTimeoutMs, attempts, idempotent } = scope;
  const retry = {
    ...(attempts && { attempts, delayMs: PAUSE_MS.ofCall }),
    ...(idempotent && { idempotent }),
  };
  return {
    label,
    ...(isolation && { isolation }),
    ...(deadlineMs && { deadlineMs }),
    ...(acquireTimeoutMs && { acquireTimeoutMs }),
    ...((attempts || idempotent) && { retry }),
    ...(signal && { signal }),
  };
}
