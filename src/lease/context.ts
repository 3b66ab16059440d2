import type { Connection } from '../connection/connection.js';
import type { Clock } from '../core/clock.js';
import type { ClosedError } from '../core/errors.js';
import type { Observer } from '../observe/events.js';
import type { Grant, HeldLease } from '../pool/grant.js';
import type { DestroyReason } from '../pool/ledger.js';

/** Who has to know when a lease cannot go on. */
export interface LeaseHolder {
  /** The connection was lost. */
  lost(): void;
  /** The instance is closed by force. */
  force(error: ClosedError): void;
  /** Who uses it, where that is not the lease itself. */
  describe?(now: number): HeldLease[];
}

/** What a lease needs of where its connection comes from. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly observer: Observer | undefined;
  /** Limit of a graceful release, in ms. */
  readonly releaseTimeoutMs: number;
  /** How much of it is kept for closing by force, in ms. */
  readonly forceMs: number;
  /** A connection outlives its lease. */
  readonly keeps: boolean;
  readonly lender: {
    release(lease: Grant, connection: Connection): Promise<void> | undefined;
    discard(lease: Grant, connection: Connection, reason: DestroyReason): Promise<void>;
  };
  /** Closes a connection that a lease still holds. */
  discard(connection: Connection, reason: DestroyReason): Promise<void>;
}
