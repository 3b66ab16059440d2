import type { CallPhase, StopKind } from '../core/call.js';
import type { Phase } from '../core/errors.js';
import type { Claim } from '../pool/waiters.js';

/** A wait for a connection somewhere in the cluster: for the map of it, for one node, perhaps for another after that. */
export class RouteClaim implements Claim, CallPhase {
  phase: CallPhase | undefined;
  stopped: { readonly error: unknown } | undefined;

  constructor(
    readonly label: string | undefined,
    readonly acquireTimeoutMs: number,
    /** The limit counts from here, whatever is waited for. */
    readonly since: number,
    /** It is for a connection of one's own. */
    readonly own: boolean,
  ) {}

  get name(): Phase {
    return this.phase?.name ?? 'connect';
  }

  stop(error: unknown, kind: StopKind): void {
    this.stopped = { error };
    this.phase?.stop(error, kind);
  }

  /** Throws if it was stopped between two waits. */
  check(): void {
    if (this.stopped) throw this.stopped.error;
  }
}
