import type { Entry } from '../core/origin.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { CallOptions } from '../options/options.js';
import type { Settings } from '../options/settings.js';

/** The instance, of which each command borrows. */
export interface StandingLender {
  readonly closed: boolean;
  readonly settings: Settings;
  run<T>(
    label: undefined,
    fn: (redis: ScopedRedis) => Promise<T>,
    options: CallOptions | undefined,
    entry: Entry,
    alone: boolean,
  ): Promise<Awaited<T>>;
  /** For one command no handle is needed. */
  send<T>(
    fn: (lease: Borrower) => Promise<T>,
    options: CallOptions | undefined,
    entry: Entry,
  ): Promise<Awaited<T>>;
}
