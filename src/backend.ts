import { borrow, borrowOwn, type Uses } from './borrow.js';
import type { HeldLease } from './borrower.js';
import type { Call } from './core/call.js';
import type { LedgerSnapshot } from './core/ledger.js';
import type { CallContext, Engine } from './engine.js';
import type { SharedStats } from './shared-line.js';
import { shutDown, until } from './shutdown.js';

/** What can be said of one server's connections at a moment. */
export interface ServerStats extends LedgerSnapshot {
  readonly connecting: number;
  readonly pending: number;
  /** The connection that scopes share, while it is open. */
  readonly shared?: SharedStats | undefined;
}

export interface BackendStats extends ServerStats {
  /** How many connections there may be, of all servers together. */
  readonly max: number;
  /** By address, where there are several. */
  readonly nodes?: Readonly<Record<string, ServerStats>>;
}

/** What stands behind an instance: one server, or the nodes of a cluster. */
export interface Backend extends CallContext {
  borrow(call: Call, now: number, uses: Uses): void;
  /** A connection of its own, whatever the isolation. */
  borrowOwn(call: Call, now: number, uses: Uses): void;
  /** Refuses keys that cannot be used together. */
  checkTogether(keys: readonly (string | Buffer)[]): void;
  stats(): BackendStats;
  /** Drains, then forces: resolves to what had to be forced when no socket and no timer is left. */
  shutDown(deadlineMs: number): Promise<readonly HeldLease[]>;
}

export function serverBackend(engine: Engine): Backend {
  const { ledger, deadlines, clock, observer, leakThresholdMs, maxConnections: max } = engine;
  return {
    ledger,
    deadlines,
    clock,
    observer,
    leakThresholdMs,
    borrow: (call, now, uses) => borrow(engine, call, now, uses),
    borrowOwn: (call, now, uses) => borrowOwn(engine, call, now, uses),
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
