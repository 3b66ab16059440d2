import type { LedgerSnapshot } from './core/ledger.js';
import type { SharedStats } from './shared-line.js';

/** A snapshot; `created = idle + borrowed + destroyed`, always. */
export interface Stats extends LedgerSnapshot {
  readonly name: string;
  /** Connections that exist: idle and borrowed. */
  readonly size: number;
  readonly connecting: number;
  readonly pending: number;
  readonly max: number;
  /** The connection that scopes share, while it is open. */
  readonly shared?: SharedStats | undefined;
}
