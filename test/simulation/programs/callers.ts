/** A call, to others who wait for its end. */
export interface Settled {
  readonly promise: Promise<void>;
  resolve(): void;
}

/** Calls back after so many turns of the microtask queue; at once for 0. */
export function afterTurns(turns: number, run: () => void): void {
  if (turns === 0) run();
  else void Promise.resolve().then(() => afterTurns(turns - 1, run));
}

export function newSettled(): Settled {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
