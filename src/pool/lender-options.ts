import type { Clock } from '../core/clock.js';
import type { Deadlines } from '../core/deadlines.js';
import type { Ledger } from './ledger.js';
import type { Source } from './source.js';

export interface LenderOptions<T, G> {
  readonly name: string;
  readonly source: Source<T>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly maxConnections: number;
  readonly maxPending: number;
  /** How long what came back is kept at hand, before the source has it. */
  readonly justReturnedMs: number;
  readonly grant: (resource: T, label: string | undefined, since: number) => G;
  /** What a wait that is over for its limit was for, as far as that can be told: how far a dial has come. */
  readonly progress?: () => string | undefined;
  /** What those who hold everything seem to wait for, if they do nothing. */
  readonly hint?: () => string | undefined;
}
