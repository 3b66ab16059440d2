import type { SharedStats } from '../lease/shared-connection.js';
import type { LedgerSnapshot } from '../pool/ledger.js';

/** What can be said of one server's connections at a moment. */
export interface ServerStats extends LedgerSnapshot {
  /** Dials under way, handshake included. */
  readonly connecting: number;
  /** Scopes and leases that wait for a connection. */
  readonly pending: number;
  /** The connection that scopes share, while it is open. */
  readonly shared?: SharedStats | undefined;
}

/** The same of all servers together. */
export interface BackendStats extends ServerStats {
  /** How many connections there may be. */
  readonly max: number;
  /** By address, in a cluster. */
  readonly nodes?: Readonly<Record<string, ServerStats>>;
}

/** A snapshot; `created = idle + borrowed + destroyed`, always. */
export interface Stats extends BackendStats {
  /** Of the instance, as its option says. */
  readonly name: string;
  /** Connections that exist: idle and borrowed. */
  readonly size: number;
}
