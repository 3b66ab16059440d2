import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call } from './calls.js';

/** What set off the work that runs at a moment, as far back as asynchronous steps lead. */
export interface Mark<D> {
  /** None: other work of the process. */
  readonly call: Call | undefined;
  /** The connection whose events brought it about. */
  readonly dial: D | undefined;
}

export interface Marks<D> {
  now(): Mark<D>;
  run<T>(mark: Mark<D>, work: () => T): T;
  stop(): void;
}

/** A storage for each check: what an earlier one left behind is other work to the next. */
export function createMarks<D>(): Marks<D> {
  const storage = new AsyncLocalStorage<Mark<D>>();
  const none: Mark<D> = { call: undefined, dial: undefined };
  return {
    now: () => storage.getStore() ?? none,
    run: (mark, work) => storage.run(mark, work),
    stop: () => storage.disable(),
  };
}
