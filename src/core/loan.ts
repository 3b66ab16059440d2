import type { ClosedError } from './errors.js';
import type { FifoNode } from './fifo.js';

/** Who has to know when a loan cannot go on. */
export interface LoanHolder {
  /** The resource was lost. */
  lost(): void;
  /** The instance is closed by force. */
  force(error: ClosedError): void;
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
}
