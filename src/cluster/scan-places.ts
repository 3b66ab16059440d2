import { ConnectError } from '../core/errors.js';
import { noop } from '../core/outcome.js';
import type { Address } from './plan.js';
import type { Unit } from './unit.js';

/** Where scans of a scope go on: what a cursor stands for, no other node knows. */
export class ScanPlaces {
  /** By the cursor of the next page. */
  readonly #places = new Map<string, Address>();

  /** Where the page is that has gone before this one; undefined where none has, and for everything else. */
  before(unit: Unit): Address | undefined {
    const { command } = unit.first as NonNullable<Unit['first']>;
    if (unit.isBlock || !/^scan$/i.test(command.name)) return undefined;
    const cursor = String(command.args[0]);
    command.promise.then((page) => {
      this.#places.delete(cursor);
      this.#places.set(String((page as unknown[] | null)?.[0]), unit.at);
    }, noop);
    return cursor === '0' ? undefined : this.#places.get(cursor);
  }
}

/** Begun again, a scan can be done elsewhere; with `retry` that happens by itself. */
export function cursorLost(address: Address, reason: unknown): ConnectError {
  const cause = new Error('the cursor of SCAN is of use there only: scan again, from 0', { cause: reason });
  return new ConnectError(address, false, { cause });
}
