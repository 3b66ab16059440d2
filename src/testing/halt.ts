import { clearTimeout, setTimeout } from 'node:timers';

/** Ends a check before its time. */
export interface Halt {
  readonly reached: boolean;
  /** Settles as the work does, or rejects with a `HaltedError`, whichever is first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Ends the timer, removes the listener, and counts as reached. */
  callOff(): void;
}

/** Not for callers: what has been found by then is in the report. */
export class HaltedError extends Error {}

/** Node's timers count no further. */
const LONGEST_MS = 2 ** 31 - 1;

export function createHalt(signal: AbortSignal | undefined, deadlineMs: number): Halt {
  const controller = new AbortController();
  const late = new HaltedError(`the deadline of ${deadlineMs} ms was over`);
  const timer = setTimeout(() => controller.abort(late), Math.min(deadlineMs, LONGEST_MS));
  const abort = () => controller.abort(new HaltedError(`the check was ended: ${sentenceOf(signal?.reason)}`));
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
    callOff() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      controller.abort();
    },
  };
}

function sentenceOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
