import { closedError } from '../core/errors.js';
import { outcomeOf } from '../core/outcome.js';
import { type Attempted, type RetryContext, retrying } from '../core/retry.js';
import { notify } from '../observe/events.js';
import { attempt, type ScopeCall } from './attempt.js';
import { refusalIn } from './replies.js';

/** Attempts one after the other, under one deadline, until an outcome stands. */
export async function repeat<T>(call: ScopeCall<T>): Promise<Awaited<T>> {
  const { clock } = call.backend;
  const once = async (number: number): Promise<Attempted<Awaited<T>>> => {
    call.attempt = number;
    if (number > 1) call.backend.ledger.retries += 1;
    call.repeatable = true;
    const outcome = await outcomeOf(attempt(call, clock.now()));
    return {
      outcome,
      safe: call.repeatable,
      refused: outcome.ok && refusalIn(outcome.value) !== undefined,
    };
  };
  try {
    const outcome = await retrying(call, call.limits.retry, retryContext(call), once);
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  } finally {
    call.end();
  }
}

function retryContext(call: ScopeCall<unknown>): RetryContext {
  const { label, backend, means } = call;
  const { name, clock, observer, random } = backend;
  return {
    clock,
    random,
    sleeping: means.sleeping,
    onRetry: (attempt, delayMs, outcome) =>
      notify(observer, 'onRetry', () => ({ label, attempt, delayMs, outcome })),
    goesOn: () => {
      if (means.closing) call.stop(closedError(name)(call), 'closed');
      return call.stopped === undefined;
    },
  };
}
