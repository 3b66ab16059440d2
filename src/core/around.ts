import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The scope that is around, where somebody follows that. One for all instances, for a scope may lead through another
 * instance into its own again.
 */
export const around = new AsyncLocalStorage<object | undefined>();

/** What belongs to no scope, whichever is around. Where none is, nothing is switched on: that would cost the whole process. */
export function outsideOfScopes<T>(run: () => T): T {
  return around.getStore() === undefined ? run() : around.run(undefined, run);
}
