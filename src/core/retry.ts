import { type BackoffOptions, backoffMs } from './backoff.js';
import type { Call } from './call.js';
import type { Clock } from './clock.js';
import { isOurs } from './error-base.js';
import { ClosedError, ConfigurationError, ConnectError, NestedScopeError } from './errors.js';
import { noop, type Outcome } from './outcome.js';

/** How one attempt ended, and what that means for another one. */
export interface Attempted<T> {
  readonly outcome: Outcome<T>;
  /** Another attempt cannot do a thing twice. */
  readonly safe: boolean;
  /** It failed, though it has a value: that tells of nothing but refusals. */
  readonly refused?: boolean;
}

export interface RetryPolicy extends BackoffOptions {
  /** Calls of `fn`, the first included. */
  readonly attempts: number;
  /** Decides in place of the safety rule, whose answer it is told; sees values too. */
  readonly when: ((outcome: Outcome<unknown>, attempt: number, safe: boolean) => boolean) | undefined;
  readonly idempotent: boolean;
}

export interface RetryContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onRetry: (attempt: number, delayMs: number, outcome: Outcome<unknown>) => void;
  /** Whether an attempt may follow still. */
  readonly goesOn: () => boolean;
  /** Calls in a backoff, so that closing can wake them. */
  readonly sleeping: Set<Call>;
}

/** Runs `attempt` until its outcome stands. Nothing is held during a backoff. */
export async function retrying<T>(
  call: Call,
  policy: RetryPolicy,
  context: RetryContext,
  attempt: (number: number) => Promise<Attempted<T>>,
): Promise<Outcome<T>> {
  for (let number = 1; ; number++) {
    const attempted = await attempt(number);
    if (call.stopped || number >= policy.attempts || !again(attempted, policy, number)) {
      return attempted.outcome;
    }
    const delayMs = backoffMs(policy, number, context.random);
    // `when` and the hook are foreign code, and may have aborted the call or closed the instance.
    if (context.goesOn()) context.onRetry(number, delayMs, attempted.outcome);
    if (context.goesOn()) await backoff(call, delayMs, context);
    if (call.stopped) return { ok: false, error: (call.stopped as { error: unknown }).error };
  }
}

/** Another attempt cannot end otherwise: credentials, certificate, options, a closed instance. */
function isHopeless(error: unknown): boolean {
  if (!isOurs(error)) return false;
  if (error instanceof ConnectError) return error.permanent;
  return [ConfigurationError, ClosedError, NestedScopeError].some((hopeless) => error instanceof hopeless);
}

function again(attempted: Attempted<unknown>, policy: RetryPolicy, number: number): boolean {
  const { outcome, safe, refused } = attempted;
  if (!outcome.ok && isHopeless(outcome.error)) return false;
  const isSafe = (!outcome.ok || refused === true) && (safe || policy.idempotent);
  if (!policy.when) return isSafe;
  const answer: unknown = policy.when(outcome, number, isSafe);
  if (!(answer instanceof Promise)) return answer === true;
  answer.catch(noop);
  throw new ConfigurationError('retry.when', 'must say true or false at once; received a promise');
}

function backoff(call: Call, delayMs: number, { clock, sleeping }: RetryContext): Promise<void> {
  sleeping.add(call);
  return new Promise((resolve) => {
    const wake = () => {
      timer.cancel();
      call.phase = undefined;
      sleeping.delete(call);
      resolve();
    };
    const timer = clock.after(delayMs, wake);
    call.phase = { name: 'backoff', stop: wake };
  });
}
