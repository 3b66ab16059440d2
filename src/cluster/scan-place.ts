import { ConnectError } from '../core/errors.js';
import type { Address } from './plan.js';
import type { Unit } from './unit.js';

/** Where a scope scans: what the cursor of a page stands for, no other node knows. */
export class ScanPlace {
  #last: Unit | undefined;

  /** Where the page is that has gone before this one; undefined where none has, and for everything else. */
  before(unit: Unit): Address | undefined {
    const { command } = unit.first as NonNullable<Unit['first']>;
    if (unit.isBlock || !/^scan$/i.test(command.name)) return undefined;
    const last = this.#last;
    this.#last = unit;
    return String(command.args[0]) === '0' ? undefined : last?.at;
  }
}

/** Begun again, a scan can be done elsewhere; with `retry` that happens by itself. */
export function cursorLost(address: Address, reason: unknown): ConnectError {
  const cause = new Error('the cursor of SCAN is of use there only: scan again, from 0', { cause: reason });
  return new ConnectError(address, false, { cause });
}
