import { type Abortable, unwatchAbort, watchAbort } from './abort.js';
import { UNLIMITED } from './clock.js';
import type { Deadlines, Expirable } from './deadlines.js';
import { type CommandReport, DeadlineExceededError, type Phase } from './errors.js';
import type { Entry } from './origin.js';

/** Where data is, in a cluster: the key, or the number of its slot. */
export type RouteKey = string | Buffer | { readonly slot: number };

/** Of what any node can answer: nobody owns such a slot. */
export const ANYWHERE: RouteKey = Object.freeze({ slot: -1 });

/**
 * `exclusive`: nobody else uses the connection meanwhile. `shared`: scopes are multiplexed over one connection, and
 * stateful and blocking commands are refused. `auto`: shared until the first such command, which moves the scope to a
 * connection of its own, or is refused, with all that follows it, where there is none; needs `maxConnections` of at least 2.
 */
export type Isolation = 'exclusive' | 'shared' | 'auto';

export interface CallLimits {
  readonly label: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number;
  readonly acquireTimeoutMs: number;
  readonly isolation: Isolation;
  readonly key?: RouteKey | undefined;
  /** Nobody else uses the connection, not even the scope that this is called in. */
  readonly alone?: true | undefined;
}

/** Why a call was cut short. */
export type StopKind = 'aborted' | 'deadline' | 'closed';

/** What a call is doing at the moment. */
export interface CallPhase {
  readonly name: Phase;
  /** Ends it early. The call settles with `error`. */
  stop(error: unknown, kind: StopKind): void;
  /** What is known of the commands that were sent in it. */
  report?(): readonly CommandReport[];
}

/**
 * One call from beginning to end: a deadline and a signal over every wait, dial, run and backoff in it.
 * A call is in one phase at a time; between two of them, as when it has been granted a connection, and while one is
 * released, it cannot be stopped.
 */
export class Call implements Abortable, Expirable {
  expiresAt = 0;
  sooner: Expirable | undefined;
  later: Expirable | undefined;
  row: Expirable['row'];

  readonly label: string | undefined;
  readonly limits: CallLimits;
  phase: CallPhase | undefined;
  /** Which attempt it is in, from 1. */
  attempt = 1;
  /** Of a call that may have several attempts: whether doing all of the last one again can do nothing twice. */
  repeatable: boolean | undefined;
  /** Through which the function is called, where somebody follows it. */
  around: (<T>(fn: () => T) => T) | undefined;
  /** Where the call came from; kept only where leaks or nested scopes are watched for. Its text is made when it is read. */
  origin: Error | undefined;
  /** The function of ours that was called. */
  entry: Entry | undefined;
  stopped: { readonly error: unknown } | undefined;
  readonly #deadlines: Deadlines;
  #deadlineAt = 0;

  constructor(limits: CallLimits, label: string | undefined, deadlines: Deadlines, now: number) {
    this.label = label ?? limits.label;
    this.limits = limits;
    this.#deadlines = deadlines;
    if (limits.signal) watchAbort(limits.signal, this);
    deadlines.add(this, limits.deadlineMs, now);
  }

  get acquireTimeoutMs(): number {
    return this.limits.acquireTimeoutMs;
  }

  get dialMs(): number {
    return Math.min(this.limits.acquireTimeoutMs, this.limits.deadlineMs);
  }

  get isolation(): Isolation {
    return this.limits.isolation;
  }

  /** Epoch ms; the same whenever it is asked for. */
  get deadlineAt(): number {
    if (this.limits.deadlineMs === UNLIMITED) return UNLIMITED;
    const { clock } = this.#deadlines;
    this.#deadlineAt ||= clock.wall() + this.expiresAt - clock.now();
    return this.#deadlineAt;
  }

  /** Called by the caller's signal. */
  abort(reason: unknown): void {
    this.stop(reason, 'aborted');
  }

  /** Called when the deadline has passed. */
  expire(): void {
    const { limits, label, phase } = this;
    this.stop(
      new DeadlineExceededError(limits.deadlineMs, phase?.name ?? 'wait', phase?.report?.(), { label }),
      'deadline',
    );
  }

  /** The first one wins; later ones are ignored. */
  stop(error: unknown, kind: StopKind): void {
    if (this.stopped) return;
    this.stopped = { error };
    this.phase?.stop(error, kind);
  }

  /** Leaves nothing behind: no timer, no listener. */
  end(): void {
    this.row?.remove(this);
    const { signal } = this.limits;
    if (signal) unwatchAbort(signal, this);
  }
}
