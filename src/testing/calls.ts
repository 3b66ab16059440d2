import { setImmediate as nextMacrotask } from 'node:timers/promises';

/** The function to check; it may be asynchronous. */
export type CheckedFunction = () => unknown;

/** One call of it. */
export interface Call {
  readonly at: number;
  hasEnded: boolean;
  /** Where it dialled last. */
  target?: string;
  /** When it dialled last, if that was after its end. */
  lateDialAt?: number;
}

/** Its name ends the stacks that are shown. */
export async function callCheckedFunction(fn: CheckedFunction): Promise<void> {
  await fn();
}

export interface Calls {
  readonly calls: number;
  readonly concurrency: number;
  /** Asked before each call. */
  readonly goesOn: () => boolean;
  readonly call: () => Promise<void>;
  /** After each call, however it ended. */
  readonly onSettled: () => void;
}

/**
 * Resolves once every call has settled. After each one the event loop turns once: ioredis dials from a tick, so a function
 * that returns at once has opened nothing yet, and many such calls would pass before the first of them had dialled.
 */
export async function runCalls({ calls, concurrency, goesOn, call, onSettled }: Calls): Promise<void> {
  let started = 0;
  const work = async () => {
    while (started < calls && goesOn()) {
      started += 1;
      await call();
      await nextMacrotask();
      onSettled();
    }
  };
  await Promise.all(Array.from({ length: Math.min(calls, concurrency) }, work));
}
