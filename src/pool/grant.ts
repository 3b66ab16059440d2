import type { ClosedErrorOf } from '../core/errors.js';
import type { FifoNode } from '../core/fifo.js';

/** What is known of a lease that is still held. */
export interface HeldLease {
  readonly label: string | undefined;
  /** Since it was lent, in ms. */
  readonly heldMs: number;
  /** The command that was issued last. */
  readonly lastCommand: string | undefined;
  /** Where it was asked for; known only with `leakThresholdMs`. */
  readonly stack: string | undefined;
}

/** What a claim is granted: the right to use a resource until it is given back. Ends once. */
export interface Grant extends FifoNode {
  readonly label: string | undefined;
  readonly since: number;
  /** Who uses it, one or several. */
  describe(now: number): HeldLease[];
  /** The instance is closed by force. */
  force(error: ClosedErrorOf): void;
}
