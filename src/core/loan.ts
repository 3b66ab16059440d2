import type { ClosedError } from './errors.js';
import type { FifoNode } from './fifo.js';

/** The right to use a resource until it is given back. Ends once. */
export class Loan<T> implements FifoNode<unknown> {
  previous: this | undefined;
  next: this | undefined;
  queued = false;
  /** Called when the instance is closed by force. */
  onForce: ((error: ClosedError) => void) | undefined;

  constructor(
    readonly resource: T,
    readonly label: string | undefined,
    readonly since: number,
  ) {}
}
