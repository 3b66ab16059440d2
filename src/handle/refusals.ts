import { StatefulCommandError } from '../core/errors.js';
import { noop } from '../core/outcome.js';

/** For what a borrower may not do to a connection that is lent. */
export function lifecycleError(name: string, label: string | undefined): StatefulCommandError {
  const problem =
    'cannot be used inside a scope: the connection is lent, and released when the function returns';
  return new StatefulCommandError(name, problem, { label });
}

/** For a command that others would notice. */
export function notShared(name: string, label: string | undefined): StatefulCommandError {
  const problem = "needs a connection of its own; use isolation: 'exclusive', or 'auto'";
  return new StatefulCommandError(name, problem, { label });
}

/** Settles as ioredis would, by promise and callback; a promise nobody looks at harms nobody. */
export function rejected(error: unknown, callback?: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(noop);
  if (typeof callback === 'function') process.nextTick(callback, error);
  return promise;
}
