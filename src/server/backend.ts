import type { Call } from '../core/call.js';
import type { Borrower } from '../lease/borrower.js';
import type { CallContext } from '../observe/context.js';
import type { HeldLease } from '../pool/grant.js';
import type { Nesting } from './nesting.js';
import type { BackendStats } from './stats.js';

/** What is at hand is there in this turn; else the call waits for it, and may be stopped. */
export type Borrowed<L = Borrower> = L | Promise<L>;

/** What stands behind an instance: one server, or the nodes of a cluster. */
export interface Backend extends CallContext {
  /** Where somebody wants to know which scope was opened inside which. */
  readonly nesting: Nesting | undefined;
  readonly random: () => number;
  borrow(call: Call, now: number): Borrowed;
  /** Refuses keys that cannot be used together. */
  checkTogether(keys: readonly (string | Buffer)[], label?: string): void;
  stats(): BackendStats;
  /** Drains, then forces: resolves to what had to be forced when no socket and no timer is left. */
  close(deadlineMs: number): Promise<readonly HeldLease[]>;
}

/** What `close()` resolves to. */
export interface CloseReport {
  /** True if every scope and lease ended by itself. */
  readonly drained: boolean;
  /** What was still held when the deadline passed, and was ended by force. */
  readonly forced: readonly HeldLease[];
  /** From the call of `close()` to its end, in ms. */
  readonly tookMs: number;
}
