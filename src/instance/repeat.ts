import type { Call } from '../core/call.js';
import { ClosedError } from '../core/errors.js';
import { outcomeOf } from '../core/outcome.js';
import { type Attempted, isHopeless, type RetryContext, type RetryPolicy, retrying } from '../core/retry.js';
import { notify } from '../observe/events.js';
import type { Backend } from '../server/backend.js';
import { attempt, type ScopeBody } from './attempt.js';

/** What attempts that follow one another share with the instance. */
export interface Repeating {
  readonly backend: Backend;
  readonly random: () => number;
  /** Calls in a backoff, so that closing can wake them. */
  readonly sleeping: Set<Call>;
  readonly closing: () => boolean;
}

/** Attempts one after the other, under one deadline, until an outcome stands. */
export async function repeat<T>(
  call: Call,
  retry: RetryPolicy,
  fn: ScopeBody<T>,
  repeating: Repeating,
): Promise<Awaited<T>> {
  const { backend } = repeating;
  const once = async (number: number): Promise<Attempted<Awaited<T>>> => {
    call.attempt = number;
    call.repeatable = true;
    const outcome = await outcomeOf(attempt(backend, call, fn, backend.clock.now(), true));
    return {
      outcome,
      safe: call.repeatable,
      hopeless: !outcome.ok && isHopeless(outcome.error),
    };
  };
  try {
    const outcome = await retrying(call, retry, retryContext(call, repeating), once);
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  } finally {
    call.end();
  }
}

function retryContext(call: Call, { backend, random, sleeping, closing }: Repeating): RetryContext {
  const { name, ledger, clock, observer } = backend;
  const { label } = call;
  return {
    clock,
    random,
    sleeping,
    onRetry: (attempt, delayMs, outcome) => {
      ledger.retries += 1;
      notify(observer, 'onRetry', () => ({ label, attempt, delayMs, outcome }));
      if (closing()) call.stop(new ClosedError(name, { label }), 'closed');
    },
  };
}
