import type { Connection } from '../connection/connection.js';
import type { Clock } from '../core/clock.js';
import type { Observer } from '../observe/events.js';
import type { Grant } from '../pool/grant.js';
import type { DestroyReason } from '../pool/ledger.js';

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
