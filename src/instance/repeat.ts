import type { Call } from '../core/call.js';
import { ClosedError } from '../core/errors.js';
import { outcomeOf } from '../core/outcome.js';
import { type Attempted, isHopeless, type RetryContext, type RetryPolicy, retrying } from '../core/retry.js';
import { notify } from '../observe/events.js';
import type { Backend } from '../server/backend.js';
import { attempt, type Lend, type ScopeBody } from './attempt.js';
import type { Means } from './means.js';
import { refusalIn } from './replies.js';

/** A call that was let in. */
export interface Begun {
  readonly call: Call;
  readonly backend: Backend;
  readonly means: Means;
  readonly retry: RetryPolicy;
  readonly random: () => number;
  readonly now: number;
}

/** One attempt, or as many as it may take. */
export function runScope<T, R>(begun: Begun, fn: ScopeBody<T, R>, lend: Lend<R>): Promise<Awaited<T>> {
  const { call, backend, retry, now } = begun;
  return retry.attempts === 1 ? attempt(backend, call, fn, lend, now, false) : repeat(begun, fn, lend);
}

/** Attempts one after the other, under one deadline, until an outcome stands. */
async function repeat<T, R>(begun: Begun, fn: ScopeBody<T, R>, lend: Lend<R>): Promise<Awaited<T>> {
  const { call, backend, retry } = begun;
  const once = async (number: number): Promise<Attempted<Awaited<T>>> => {
    call.attempt = number;
    call.repeatable = true;
    const outcome = await outcomeOf(attempt(backend, call, fn, lend, backend.clock.now(), true));
    return {
      outcome,
      safe: call.repeatable,
      refused: outcome.ok && refusalIn(outcome.value) !== undefined,
      hopeless: !outcome.ok && isHopeless(outcome.error),
    };
  };
  try {
    const outcome = await retrying(call, retry, retryContext(begun), once);
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  } finally {
    call.end();
  }
}

function retryContext({ call, backend, means, random }: Begun): RetryContext {
  const { name, ledger, clock, observer } = backend;
  const { label } = call;
  return {
    clock,
    random,
    sleeping: means.sleeping,
    onRetry: (attempt, delayMs, outcome) => {
      ledger.retries += 1;
      notify(observer, 'onRetry', () => ({ label, attempt, delayMs, outcome }));
      if (means.closing) call.stop(new ClosedError(name, { label }), 'closed');
    },
  };
}
