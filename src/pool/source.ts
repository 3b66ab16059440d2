import type { Moment } from '../core/clock.js';
import type { DestroyReason, Resource } from './ledger.js';
import type { Opener, Take } from './opener.js';

/** Where resources come from and go back to: a pool that keeps them, or none. */
export interface Source<T> {
  /** True where a resource outlives its lease. */
  readonly keeps: boolean;
  /** One that is kept, or a new one. */
  take(): Take<T>;
  /** Gives a resource back that may be lent again, idle since then; a promise where the source has to close it. */
  give(resource: T, idleSince?: Moment): Promise<void> | undefined;
  /** Resolves when the resource is gone. */
  discard(resource: T, reason: DestroyReason): Promise<void>;
  /** Closes what is kept. Only called when nothing is lent any more. */
  close(): Promise<void>;
}

/**
 * No pool: a resource for each lease, closed at its end.
 *
 * @param releaseTimeoutMs How long one in good order may take to close.
 */
export function freshSource<T extends Resource>(opener: Opener<T>, releaseTimeoutMs: number): Source<T> {
  return {
    keeps: false,
    take: () => opener.open(),
    give: (resource) => opener.close(resource, 'unpooled', releaseTimeoutMs),
    discard: (resource, reason) => opener.close(resource, reason),
    close: async () => {},
  };
}

/** How resources are kept between leases. */
export interface PoolSettings {
  readonly minIdle: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly validateAfterIdleMs: number;
  readonly order: 'lifo' | 'fifo';
}
