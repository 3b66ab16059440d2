import type { Call } from '../core/call.js';
import type { HeldLease } from '../lease/borrower.js';
import { type Borrowed, borrow, borrowOwn } from './borrow.js';
import { shutDown, until } from './close.js';
import type { CallContext, Engine } from './engine.js';
import type { BackendStats, ServerStats } from './stats.js';

/** What stands behind an instance: one server, or the nodes of a cluster. */
export interface Backend extends CallContext {
  borrow(call: Call, now: number): Borrowed;
  /** A connection of its own, whatever the isolation. */
  borrowOwn(call: Call, now: number): Borrowed;
  /** Refuses keys that cannot be used together. */
  checkTogether(keys: readonly (string | Buffer)[]): void;
  stats(): BackendStats;
  /** Drains, then forces: resolves to what had to be forced when no socket and no timer is left. */
  shutDown(deadlineMs: number): Promise<readonly HeldLease[]>;
}

export function serverBackend(engine: Engine): Backend {
  const { name, server, nesting, ledger, deadlines, clock, observer, leakThresholdMs } = engine;
  const { maxConnections: max } = engine;
  return {
    name,
    server,
    nesting,
    ledger,
    deadlines,
    clock,
    observer,
    leakThresholdMs,
    borrow: (call, now) => borrow(engine, call, now),
    borrowOwn: (call, now) => borrowOwn(engine, call, now),
    checkTogether: () => {},
    stats: () => ({ ...statsOf(engine), max }),
    shutDown: async (deadlineMs) => {
      const forced = await until(clock, deadlineMs, (late) => shutDown(engine, late));
      deadlines.clear();
      return forced;
    },
  };
}

export function statsOf({ ledger, slots, lender, shared, clock }: Engine): ServerStats {
  return {
    ...ledger.snapshot(),
    connecting: slots.connecting,
    pending: lender.pending + shared.pending,
    shared: shared.current?.stats(clock.now()),
  };
}
