/** Ends a check before its time. */
export interface Halt {
  readonly reached: boolean;
  /** Settles as the work does, or rejects with the reason of the halt, whichever is first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Whether it was the deadline that a rejection comes from. */
  isDeadline(error: unknown): boolean;
  /** Ends the timer, removes the listener, and counts as reached. */
  callOff(): void;
}

/** Node's timers count no further. */
const LONGEST_MS = 2 ** 31 - 1;

export function createHalt(signal: AbortSignal | undefined, deadlineMs: number): Halt {
  const controller = new AbortController();
  const passed = new Error('deadline');
  const timer = setTimeout(() => controller.abort(passed), Math.min(deadlineMs, LONGEST_MS));
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const halted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  halted.catch(() => undefined);
  return {
    get reached() {
      return controller.signal.aborted;
    },
    race: (work) => Promise.race([work, halted]),
    isDeadline: (error) => error === passed,
    callOff() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      controller.abort();
    },
  };
}
