import { slotOf } from '../adapters/ioredis.js';
import type { Call, RouteKey } from '../core/call.js';
import { until } from '../core/clock.js';
import { Deadlines } from '../core/deadlines.js';
import { ConfigurationError, closedError } from '../core/errors.js';
import type { SharedStats } from '../lease/shared-connection.js';
import type { Settings } from '../options/settings.js';
import type { HeldLease } from '../pool/grant.js';
import { Ledger } from '../pool/ledger.js';
import type { Backend, Borrowed } from '../server/backend.js';
import { BackendBase } from '../server/backend-base.js';
import type { Environment } from '../server/environment.js';
import type { BackendStats, ServerStats } from '../server/stats.js';
import { type ClusterContext, ClusterLease } from './cluster-lease.js';
import { keysApart } from './key-places.js';
import { type Greet, Nodes, total } from './nodes.js';
import { planOf } from './plan.js';
import { RouteClaim } from './route-claim.js';
import { type Place, Router } from './router.js';
import { Scopes } from './scopes.js';
import { Topology } from './topology.js';

/**
 * A Redis Cluster: scopes share one connection to each node, or get one of their own to the node that owns their key.
 *
 * Not by ioredis's Cluster client: it sends commands again whose connection was lost, executed or not; it hangs where no
 * node answers (redis/ioredis#1604); and its connections, one of them for subscriptions that no shared scope may have,
 * would come on top of `maxConnections`.
 */
export class ClusterBackend extends BackendBase implements Backend, ClusterContext {
  /** There are several. */
  readonly server = undefined;
  readonly router: Router;
  readonly scopes = new Scopes();
  readonly #settings: Settings;
  readonly #nodes: Nodes;
  readonly #topology: Topology;

  constructor(settings: Settings, environment: Environment) {
    const { clock } = environment;
    // Of calls; each node counts its own connections.
    super(settings, environment, new Ledger(), new Deadlines(clock));
    const { ledger, deadlines } = this;
    const { maxPending } = settings;
    const plan = planOf(settings);
    const greet = (...whom: Parameters<Greet>): Promise<void> => this.#topology.greet(...whom);
    const nodes = new Nodes(settings, environment, plan, deadlines, greet);
    const topology = new Topology({ nodes, plan, clock, deadlines, ledger, maxPending });
    this.router = new Router(topology, nodes, plan);
    this.#settings = settings;
    this.#nodes = nodes;
    this.#topology = topology;
  }

  borrow(call: Call, now: number): Borrowed<ClusterLease> {
    const { label } = call;
    const own = call.limits.isolation === 'exclusive';
    const slot = this.slotOf(call.limits.key);
    if (own && slot === undefined) {
      const problem = "is needed in a cluster for a connection of one's own: it says which node";
      return Promise.reject(new ConfigurationError('key', problem, { label }));
    }
    const claim = new RouteClaim(label, call.acquireTimeoutMs, now, own);
    const place = this.router.open(slot, own, claim);
    const leaseAt = (there: Place) => new ClusterLease(this, call, there, own, slot);
    return place instanceof Promise ? this.#wait(call, claim, place, leaseAt) : leaseAt(place);
  }

  checkTogether(keys: readonly (string | Buffer)[], label?: string): void {
    if (new Set(keys.map((key) => this.slotOf(key))).size > 1) throw keysApart(label);
  }

  slotOf(key: RouteKey | undefined): number | undefined {
    if (key === undefined) return undefined;
    return slotOf(key, this.router.plan.keyPrefix);
  }

  stats(): BackendStats {
    const nodes = this.#nodes.stats();
    const servers = Object.values(nodes);
    const calls = { connecting: 0, pending: this.#topology.pending, ...this.ledger.snapshot() };
    const gone = { connecting: 0, pending: 0, ...this.#nodes.forgotten };
    const max = this.#settings.maxConnections * Math.max(1, this.#nodes.inUse);
    return { max, nodes, ...total<ServerStats>([calls, gone, ...servers]), shared: together(servers) };
  }

  async close(deadlineMs: number): Promise<readonly HeldLease[]> {
    const { clock, scopes } = this;
    const forced = await until(clock, deadlineMs, (late) =>
      scopes.drain(clock, late, closedError(this.name)),
    );
    this.#topology.close();
    await this.#nodes.close();
    this.deadlines.clear();
    return forced;
  }

  async #wait(
    call: Call,
    claim: RouteClaim,
    place: Promise<Place>,
    leaseAt: (there: Place) => ClusterLease,
  ): Promise<ClusterLease> {
    call.phase = claim;
    this.scopes.waits(claim);
    try {
      return leaseAt(await place);
    } finally {
      call.phase = undefined;
      this.scopes.waited(claim);
    }
  }
}

/** How the shared connections do, all in all; undefined where there are none. */
function together(servers: readonly ServerStats[]): SharedStats | undefined {
  const all = servers.flatMap(({ shared }) => shared ?? []);
  if (all.length === 0) return undefined;
  return { ...total(all), waitingMs: Math.max(...all.map(({ waitingMs }) => waitingMs)) };
}
