import type { ClosedError } from '../core/errors.js';
import type { FifoNode } from '../core/fifo.js';

/** What is known of a loan that is still held. */
export interface HeldLoan {
  readonly label: string | undefined;
  readonly heldMs: number;
  /** The command that was issued last. */
  readonly lastCommand: string | undefined;
  /** Where it was asked for; known only with `leakThresholdMs`. */
  readonly stack: string | undefined;
}

/** Who has to know when a loan cannot go on. */
export interface LoanHolder {
  /** The resource was lost. */
  lost(): void;
  /** The instance is closed by force. */
  force(error: ClosedError): void;
  /** Who uses it, where that is not the loan itself. */
  describe?(now: number): HeldLoan[];
}

/** The right to use a resource until it is given back. Ends once. */
export class Loan<T> implements FifoNode<unknown> {
  previous: this | undefined;
  next: this | undefined;
  queued = false;
  holder: LoanHolder | undefined;

  constructor(
    readonly resource: T,
    readonly label: string | undefined,
    readonly since: number,
  ) {}

  lost(): void {
    this.holder?.lost();
  }

  force(error: ClosedError): void {
    this.holder?.force(error);
  }
}
