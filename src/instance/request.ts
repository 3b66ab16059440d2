import type { Entry } from '../core/origin.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { CallOptions } from '../options/options.js';
import type { Settings } from '../options/settings.js';
import type { Scope } from './scope.js';

export type ScopeBody<T> = (redis: ScopedRedis, scope: Scope) => T;

/** The function of a scope that needs no handle: it sends with the lease itself. */
export type LeaseBody<T> = (lease: Borrower, scope: Scope) => T;

/** What somebody asks for. */
export interface Request<T> {
  readonly label?: string | undefined;
  readonly fn: ScopeBody<T> | LeaseBody<T>;
  /** The function takes the lease itself. */
  readonly bare?: boolean;
  readonly options: CallOptions | undefined;
  /** The function that the user called: stacks begin above it. */
  readonly entry: Entry;
  /** Nobody else uses the connection, not even the scope that this is called in. */
  readonly alone?: boolean;
}

/** The instance, as those see it who make one call of several things. */
export interface Runner {
  readonly closed: boolean;
  readonly settings: Settings;
  run<T>(request: Request<T>): Promise<Awaited<T>>;
  /** Refuses keys that one connection cannot reach together. */
  checkTogether(keys: readonly (string | Buffer)[], label?: string): void;
}
