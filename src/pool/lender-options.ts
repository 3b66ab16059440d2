import type { Clock } from '../core/clock.js';
import type { Deadlines } from '../core/deadlines.js';
import type { Ledger } from './ledger.js';
import type { Source } from './source.js';

export interface LenderOptions<T, L> {
  readonly name: string;
  readonly source: Source<T>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly maxConnections: number;
  readonly maxPending: number;
  /** How long what came back is kept at hand, before the source has it. */
  readonly warmMs: number;
  /** Makes the loan that a claim is granted. */
  readonly lend: (resource: T, label: string | undefined, since: number) => L;
}
