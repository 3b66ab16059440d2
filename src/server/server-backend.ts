import type { Server } from '../connection/address.js';
import type { Connection } from '../connection/connection.js';
import type { Call } from '../core/call.js';
import { UNLIMITED, until } from '../core/clock.js';
import { closedError } from '../core/errors.js';
import { AutoLease } from '../lease/auto-lease.js';
import type { Helper, LeaseContext } from '../lease/context.js';
import { ExclusiveLease } from '../lease/exclusive-lease.js';
import { NestedLease } from '../lease/nested-lease.js';
import { SharedLease } from '../lease/shared-lease.js';
import { SharedLender } from '../lease/shared-lender.js';
import type { Settings } from '../options/settings.js';
import type { HeldLease } from '../pool/grant.js';
import type { DestroyReason } from '../pool/ledger.js';
import { Lender } from '../pool/lender.js';
import type { Permits } from '../pool/permits.js';
import type { Claim } from '../pool/waiters.js';
import type { Backend, Borrowed } from './backend.js';
import { BackendBase } from './backend-base.js';
import { type Connections, createConnections, openAside } from './connections.js';
import type { Environment } from './environment.js';
import { lasting } from './lasting.js';
import type { BackendStats, ServerStats } from './stats.js';

/** How long a connection that came back is at hand without a round through the pool. */
const JUST_RETURNED_MS = 10;

/** One server: where its connections come from, who gets them, who counts. */
export class ServerBackend extends BackendBase implements Backend, LeaseContext {
  readonly keeps: boolean;
  readonly lender: Lender<Connection, ExclusiveLease>;
  readonly shared: SharedLender;
  readonly #maxConnections: number;
  readonly #permits: Permits;
  readonly #connections: Connections;

  constructor(
    settings: Settings,
    environment: Environment,
    { ledger, permits, deadlines } = lasting(settings, environment.clock),
  ) {
    const { clock } = environment;
    super(settings, environment, ledger, deadlines);
    const { name, maxConnections, maxPending } = settings;
    const waitMs = () => this.lender.dialMs;
    const connections = createConnections(settings, environment, { ledger, permits, waitMs });
    const { source } = connections;
    const common = { name, ledger, deadlines, clock, maxPending };
    const justReturnedMs = justReturnedFor(settings);
    this.keeps = source.keeps;
    this.#maxConnections = maxConnections;
    this.#permits = permits;
    this.#connections = connections;
    this.lender = new Lender({
      ...common,
      source,
      maxConnections,
      justReturnedMs,
      grant: (connection, label, since) => new ExclusiveLease(this, connection, label, since),
      progress: () => connections.opener.progress,
      hint: () => this.#idlersHint(),
    });
    this.shared = new SharedLender({
      ...common,
      lender: this.lender,
      lingerMs: justReturnedMs,
      trustMs: settings.pool?.validateAfterIdleMs ?? UNLIMITED,
      lend: (shared, claim, since) => {
        const Lease = claim.isolation === 'auto' ? AutoLease : SharedLease;
        return new Lease(this, shared, claim, since);
      },
    });
  }

  get server(): Server | undefined {
    return this.#connections.server;
  }

  borrow(call: Call, now: number): Borrowed {
    const { alone, isolation } = call.limits;
    const outer = alone ? undefined : this.nesting?.reusable();
    if (outer) return this.#borrowInside(outer, call, now);
    return isolation === 'exclusive' ? this.borrowOwn(call, now) : this.borrowShared(call, now);
  }

  borrowOwn(claim: Claim, now: number): Borrowed<ExclusiveLease> {
    const { lender } = this;
    return lender.tryAcquire(claim, now) ?? this.#follow(claim, lender.acquire(claim, now));
  }

  borrowShared(claim: Claim, now: number): Borrowed<SharedLease> {
    const { shared } = this;
    return shared.tryAcquire(claim, now) ?? this.#follow(claim, shared.acquire(claim, now));
  }

  beside(claim: Claim, now: number): Helper | Promise<Helper> | undefined {
    const { lender, shared, ledger } = this;
    const atHand = shared.tryJoin(claim, now) ?? lender.tryAcquire(claim, now);
    if (atHand) return atHand;
    if (ledger.idle > 0) return lender.acquire(claim, now);
    return this.#maxConnections === 1 ? undefined : openAside(this.#connections, claim);
  }

  checkTogether(): void {}

  stats(): BackendStats {
    return { max: this.#maxConnections, ...this.serverStats() };
  }

  serverStats(): ServerStats {
    const { ledger, lender, shared, clock } = this;
    return {
      connecting: this.#permits.connecting,
      pending: lender.pending + shared.pendingBeside,
      shared: shared.current?.stats(clock.now()),
      ...ledger.snapshot(),
    };
  }

  async close(deadlineMs: number): Promise<readonly HeldLease[]> {
    const forced = await until(this.clock, deadlineMs, (late) => this.drain(late));
    this.deadlines.clear();
    return forced;
  }

  /** Forces what has not ended when it is late: when it resolves no socket is left. Resolves to what was forced. */
  async drain(late?: Promise<void>): Promise<readonly HeldLease[]> {
    const { opener, source } = this.#connections;
    this.shared.close();
    const drained = this.lender.drain();
    await (late ? Promise.race([drained, late]) : drained);
    const forced = this.#force();
    this.lender.end();
    await drained;
    opener.end();
    await source.close();
    await this.#permits.whenEmpty();
    return forced;
  }

  discard(connection: Connection, reason: DestroyReason): Promise<void> {
    return this.#connections.source.discard(connection, reason);
  }

  #follow<L>(claim: Claim, granted: Promise<L>): Promise<L> {
    this.nesting?.wait(claim, this.lender, granted);
    return granted;
  }

  /** A connection that is lent already, to a scope around this one. */
  #borrowInside(outer: ExclusiveLease, call: Call, now: number): NestedLease {
    this.ledger.joined();
    return new NestedLease(this, outer, call, now);
  }

  /** Scopes that hold everything and ask the server for nothing wait for something else: often for one of these. */
  #idlersHint(): string | undefined {
    const held = [...this.lender.grants];
    const idle = held.every(({ connection }) => connection.unanswered === 0);
    if (!idle || held.length < this.#maxConnections) return undefined;
    return "no command is in flight on any: their scopes seem to wait for a connection of their own (nested: 'detect' tells, 'reuse' shares)";
  }

  #force(): readonly HeldLease[] {
    const now = this.clock.now();
    const held = [...this.lender.grants];
    const report = held.flatMap((lease) => lease.describe(now));
    const error = closedError(this.name);
    for (const lease of held) lease.force(error);
    return report;
  }
}

/** Not for longer than a connection may idle without being asked, and not where the oldest is to be lent first. */
function justReturnedFor({ pool }: Settings): number {
  return pool?.order === 'lifo' ? Math.min(JUST_RETURNED_MS, pool.validateAfterIdleMs) : 0;
}
