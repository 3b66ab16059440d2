import type { CheckedFunction } from './calls.js';
import type { Census } from './census.js';
import type { Inquiry } from './inquiry.js';
import type { OldSockets } from './old-sockets.js';
import type { LeakCheckSettings } from './options.js';
import type { Rounds } from './rounds.js';
import type { ProcessWatch } from './watch.js';
import type { Witness } from './witness.js';

/** All that takes part in one check. */
export interface Trial {
  readonly fn: CheckedFunction;
  /** As they were asked for. */
  readonly settings: LeakCheckSettings;
  readonly witness: Witness;
  readonly watch: ProcessWatch;
  readonly old: OldSockets;
  readonly census: Census;
  readonly rounds: Rounds;
  readonly inquiry: Inquiry;
}
