import type { Command } from '../connection/client.js';
import type { Connection } from '../connection/connection.js';
import type { Clock } from '../core/clock.js';
import type { ClosedErrorOf } from '../core/errors.js';
import type { TraceMessage } from '../observe/channels.js';
import type { Observer } from '../observe/events.js';
import type { Grant, HeldLease } from '../pool/grant.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Claim } from '../pool/waiters.js';

/** Who has to know when a lease cannot go on. */
export interface LeaseHolder {
  /** The connection was lost, or cannot be used any more for another reason. */
  lost(why?: string): void;
  /** The instance is closed by force. */
  force(error: ClosedErrorOf): void;
  /** What is told on channels of whoever was granted the lease. */
  readonly message?: TraceMessage;
  /** Who uses it, where that is not the lease itself. */
  describe?(now: number): HeldLease[];
}

/** A scope inside that of a lease, which uses the connection too. */
export interface Guest {
  lost(): void;
  force(error: ClosedErrorOf): void;
  /** The lease is over, so nothing can be sent any more. */
  outlive(): void;
}

/** A lease beside another one, for a word to the server. */
export interface Helper {
  silent: boolean;
  send(command: Command, stream: unknown, node: unknown): Promise<unknown>;
  /** @param spentMs How much of its limit went before. */
  release(spentMs: number): Promise<void> | undefined;
}

/** What a lease needs of where its connection comes from. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly observer: Observer | undefined;
  /** Limit of a graceful release, in ms, without what is kept for closing by force. */
  readonly gracefulMs: number;
  /** A connection outlives its lease. */
  readonly keeps: boolean;
  readonly lender: {
    release(lease: Grant, connection: Connection): Promise<void> | undefined;
    discard(lease: Grant, connection: Connection, reason: DestroyReason): Promise<void>;
  };
  /** A connection to the same server beside one that a lease holds: at hand, or waited for; undefined where there can be none. */
  beside(claim: Claim, now: number): Helper | Promise<Helper> | undefined;
  /** Closes a connection that a lease still holds. */
  discard(connection: Connection, reason: DestroyReason): Promise<void>;
}
