import type { Clock } from '../core/clock.js';
import { Deadlines } from '../core/deadlines.js';
import type { Settings } from '../options/settings.js';
import { Ledger } from '../pool/ledger.js';
import { Permits } from '../pool/permits.js';

/** What outlives a backend where there are several, one after the other, for the same server. */
export interface Lasting {
  readonly ledger: Ledger;
  readonly permits: Permits;
  readonly deadlines: Deadlines;
}

export function lasting({ maxConnections, maxConnecting }: Settings, clock: Clock): Lasting {
  return {
    ledger: new Ledger(),
    permits: new Permits(maxConnections, maxConnecting),
    deadlines: new Deadlines(clock),
  };
}
