import type { Deadlines } from '../core/deadlines.js';
import type { Observer } from '../observe/events.js';
import type { Settings } from '../options/settings.js';
import type { Ledger } from '../pool/ledger.js';
import { forceMsOf } from './connections.js';
import type { Environment } from './environment.js';
import { Nesting } from './nesting.js';

/** What calls and leases need to know of an instance, whatever stands behind it. */
export abstract class BackendBase {
  readonly name: string;
  readonly clock: Environment['clock'];
  readonly random: Environment['random'];
  readonly observer: Observer | undefined;
  readonly leakThresholdMs: number;
  readonly gracefulMs: number;
  readonly nesting: Nesting | undefined;

  constructor(
    settings: Settings,
    { clock, random }: Environment,
    readonly ledger: Ledger,
    readonly deadlines: Deadlines,
  ) {
    const { nested, maxConnections } = settings;
    this.name = settings.name;
    this.clock = clock;
    this.random = random;
    this.observer = settings.observer;
    this.leakThresholdMs = settings.leakThresholdMs;
    this.gracefulMs = settings.releaseTimeoutMs - forceMsOf(settings);
    this.nesting = nested === 'allow' ? undefined : new Nesting(nested, maxConnections, clock);
  }
}
