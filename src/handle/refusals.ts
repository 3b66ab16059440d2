import { LeaseReleasedError, StatefulCommandError } from '../core/errors.js';
import { noop } from '../core/outcome.js';

/** For what a borrower may not do to a connection that is lent. */
export function lifecycleError(name: string, label: string | undefined): StatefulCommandError {
  const problem =
    'cannot be used inside a scope: the connection is lent, and released when the function returns';
  return new StatefulCommandError(name, problem, { label });
}

/** For what came after the end of its borrower. */
export function releasedError(
  { label }: { readonly label: string | undefined },
  command = 'the command',
): LeaseReleasedError {
  return new LeaseReleasedError(command, { label });
}

/** For what ends or multiplies a connection, of a client that holds none. */
export function standingLifecycleError(name: string): StatefulCommandError {
  const problem =
    "is not for the standing client: connections are the instance's, which close() ends; another connection is a scope, or an instance of its own";
  return new StatefulCommandError(name, problem);
}

/** For a command whose effect would be gone before the next one. */
export function standingError(name: string): StatefulCommandError {
  const problem =
    'would have to span calls, and each call of the standing client may take another connection; use a scope';
  return new StatefulCommandError(name, problem);
}

/** For a command that others would notice. */
export function notShared(name: string, label: string | undefined): StatefulCommandError {
  const problem = "needs a connection of its own; use isolation: 'exclusive', or 'auto'";
  return new StatefulCommandError(name, problem, { label });
}

/** For WAIT and WAITAOF on a connection that has not written what they would confirm. */
export function unconfirmed(name: string, label: string | undefined): StatefulCommandError {
  const problem =
    "counts what one connection has written, and this scope wrote on others; use isolation: 'exclusive', in a cluster for one key";
  return new StatefulCommandError(name, problem, { label });
}

/** Settles as ioredis would, by promise and callback. */
export function rejected(error: unknown, callback?: unknown): Promise<never> {
  return withCallback(Promise.reject(error), callback);
}

/** As ioredis has it; a promise nobody looks at harms nobody. */
export function withCallback<T>(promise: Promise<T>, callback: unknown): Promise<T> {
  if (typeof callback !== 'function') promise.catch(noop);
  else {
    promise.then(
      (value) => process.nextTick(callback, null, value),
      (error) => process.nextTick(callback, error),
    );
  }
  return promise;
}
