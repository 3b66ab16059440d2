/** The function to check; it may be asynchronous. */
export type CheckedFunction = () => unknown;

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
  readonly onError: (error: unknown) => void;
  /** After each call, however it ended. */
  readonly onSettled: () => void;
}

/** Resolves once every call has settled. */
export async function runCalls(options: Calls): Promise<void> {
  const { calls, concurrency, goesOn, call, onError, onSettled } = options;
  let started = 0;
  const work = async () => {
    while (started < calls && goesOn()) {
      started += 1;
      await call().catch(onError);
      onSettled();
    }
  };
  await Promise.all(Array.from({ length: Math.min(calls, concurrency) }, work));
}
