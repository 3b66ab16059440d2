import { ClosedError } from '../core/errors.js';
import { outcomeOf } from '../core/outcome.js';
import { type Attempted, isHopeless, type RetryContext, retrying } from '../core/retry.js';
import { notify } from '../observe/events.js';
import { attempt, type Begun } from './attempt.js';
import { refusalIn } from './replies.js';

/** One attempt, or as many as it may take. */
export function runScope<T>(begun: Begun<T>): Promise<Awaited<T>> {
  return begun.retry.attempts === 1 ? attempt(begun, begun.now, false) : repeat(begun);
}

/** Attempts one after the other, under one deadline, until an outcome stands. */
async function repeat<T>(begun: Begun<T>): Promise<Awaited<T>> {
  const { call, backend, retry } = begun;
  const once = async (number: number): Promise<Attempted<Awaited<T>>> => {
    call.attempt = number;
    call.repeatable = true;
    const outcome = await outcomeOf(attempt(begun, backend.clock.now(), true));
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

function retryContext({ call, backend, means, random }: Begun<unknown>): RetryContext {
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
