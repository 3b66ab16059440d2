/** Why a connection ceased to exist. */
export type DestroyReason =
  | 'unpooled'
  | 'idleTimeout'
  | 'maxLifetime'
  | 'unhealthy'
  | 'lost'
  | 'dirty'
  | 'inFlight'
  | 'aborted'
  | 'deadline'
  | 'destroyed'
  | 'leaked'
  | 'closed';

export type ResourceState = 'idle' | 'borrowed' | 'destroyed';

/** What the core needs to know of the things it lends. */
export interface Resource {
  state: ResourceState;
  /** How often it has been lent. */
  lent: number;
  /** Why it must not be lent again: its socket is gone, or its life time is over. */
  readonly flaw: DestroyReason | undefined;
}

/** Connections by state, and counters since the instance was made, as `stats()` shows them. */
export interface LedgerSnapshot {
  /** Open and not in use. */
  readonly idle: number;
  /** In use by a scope or a lease; one that scopes share counts once. */
  readonly borrowed: number;
  /** Opened so far: `idle + borrowed +` all of `destroyed`. */
  readonly created: number;
  /** How often a connection was lent. */
  readonly acquired: number;
  /** Of these, how often it was one that had been lent before. */
  readonly reused: number;
  /** Closed so far, by reason: `idleTimeout`, `lost`, `dirty`, `aborted`, `unpooled`, … */
  readonly destroyed: Readonly<Record<string, number>>;
  /** Waits that ended at `acquireTimeoutMs`. */
  readonly timeouts: number;
  /** Waits that were given up: an abort, a deadline, the end of the instance. */
  readonly cancelled: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Leases that were reported to `onLeak`. */
  readonly leaks: number;
}

/** The only place that moves a resource from one state to another: `created = idle + borrowed + destroyed`, always. */
export class Ledger {
  idle = 0;
  borrowed = 0;
  created = 0;
  acquired = 0;
  reused = 0;
  timeouts = 0;
  cancelled = 0;
  retries = 0;
  leaks = 0;
  readonly destroyed: Partial<Record<DestroyReason, number>> = {};

  /** A new resource counts as idle until it is lent. */
  opened(resource: Resource): void {
    resource.state = 'idle';
    this.created += 1;
    this.idle += 1;
  }

  lent(resource: Resource): void {
    this.idle -= 1;
    resource.state = 'borrowed';
    this.borrowed += 1;
    if (resource.lent > 0) this.reused += 1;
    resource.lent += 1;
    this.acquired += 1;
  }

  /** From one borrower straight to the next. */
  handedOver(resource: Resource): void {
    this.reused += 1;
    resource.lent += 1;
    this.acquired += 1;
  }

  /** One more user of a resource that is shared. */
  joined(): void {
    this.acquired += 1;
    this.reused += 1;
  }

  returned(resource: Resource): void {
    this.borrowed -= 1;
    resource.state = 'idle';
    this.idle += 1;
  }

  /** False if it was destroyed before. */
  discarded(resource: Resource, reason: DestroyReason): boolean {
    if (resource.state === 'destroyed') return false;
    if (resource.state === 'idle') this.idle -= 1;
    else this.borrowed -= 1;
    resource.state = 'destroyed';
    this.destroyed[reason] = (this.destroyed[reason] ?? 0) + 1;
    return true;
  }

  snapshot(): LedgerSnapshot {
    return { ...this, destroyed: { ...this.destroyed } as Record<string, number> };
  }
}
