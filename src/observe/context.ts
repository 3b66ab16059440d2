import type { Server } from '../connection/address.js';
import type { Clock } from '../core/clock.js';
import type { Deadlines } from '../core/deadlines.js';
import type { Ledger } from '../pool/ledger.js';
import type { Observer } from './events.js';

/** What a call needs, wherever its connection comes from. */
export interface CallContext {
  /** Of the instance. */
  readonly name: string;
  /** Where connections go, if the options say so. */
  readonly server: Server | undefined;
  readonly ledger: Ledger;
  readonly deadlines: Deadlines;
  readonly observer: Observer | undefined;
  readonly clock: Clock;
  /** `Infinity` where nobody wants to know. */
  readonly leakThresholdMs: number;
}
