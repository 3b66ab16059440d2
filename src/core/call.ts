import { type Abortable, unwatchAbort, watchAbort } from './abort.js';
import type { Clock, Timer } from './clock.js';
import { type CommandReport, DeadlineExceededError, type Phase } from './errors.js';

export interface CallLimits {
  readonly label: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number;
  readonly acquireTimeoutMs: number;
}

/** Why a call was cut short. */
export type StopKind = 'aborted' | 'deadline' | 'closed';

type StopHandler = (error: unknown, kind: StopKind) => void;

/**
 * One call from beginning to end: a deadline and a signal over every wait, dial, run and backoff in it.
 * A call is in one phase at a time, so one handler is enough; the phase sets it on entry and clears it on leaving.
 */
export class Call implements CallLimits, Abortable {
  readonly label: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number;
  readonly acquireTimeoutMs: number;
  /** Epoch ms. */
  readonly deadlineAt: number;
  phase: Phase = 'wait';
  onStop: StopHandler | undefined;
  /** Set while a connection is lent: what is known of its commands. */
  commands: (() => readonly CommandReport[]) | undefined;
  stopped: { readonly error: unknown } | undefined;
  readonly #timer: Timer | undefined;

  constructor(limits: CallLimits, clock: Clock) {
    this.label = limits.label;
    this.signal = limits.signal;
    this.deadlineMs = limits.deadlineMs;
    this.acquireTimeoutMs = limits.acquireTimeoutMs;
    this.deadlineAt = Date.now() + limits.deadlineMs;
    if (this.signal) watchAbort(this.signal, this);
    if (limits.deadlineMs !== Number.POSITIVE_INFINITY) {
      this.#timer = clock.after(limits.deadlineMs, () => this.#expire());
    }
  }

  /** Called by the caller's signal. */
  abort(reason: unknown): void {
    this.stop(reason, 'aborted');
  }

  /** The first one wins; later ones are ignored. */
  stop(error: unknown, kind: StopKind): void {
    if (this.stopped) return;
    this.stopped = { error };
    this.onStop?.(error, kind);
  }

  /** Leaves nothing behind: no timer, no listener. */
  end(): void {
    this.#timer?.cancel();
    if (this.signal) unwatchAbort(this.signal, this);
  }

  #expire(): void {
    const error = new DeadlineExceededError(this.deadlineMs, this.phase, this.commands?.(), {
      label: this.label,
    });
    this.stop(error, 'deadline');
  }
}
