import type { Clock } from '../core/clock.js';
import type { Source } from './source.js';
import type { WaiterLimits } from './waiters.js';

export interface LenderOptions<T, G> extends WaiterLimits {
  readonly name: string;
  readonly source: Source<T>;
  readonly clock: Clock;
  readonly maxConnections: number;
  /** How long what came back is kept at hand, before the source has it. */
  readonly justReturnedMs: number;
  readonly grant: (resource: T, label: string | undefined, since: number) => G;
  /** What a wait that is over for its limit was for, as far as that can be told: how far a dial has come. */
  readonly progress: () => string | undefined;
  /** What those who hold everything seem to wait for, if they do nothing. */
  readonly hint: () => string | undefined;
}
