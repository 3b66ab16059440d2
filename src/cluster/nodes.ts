import type { Deadlines } from '../core/deadlines.js';
import type { Settings } from '../options/settings.js';
import type { LedgerSnapshot } from '../pool/ledger.js';
import type { Environment } from '../server/environment.js';
import { type Lasting, lasting } from '../server/lasting.js';
import { ServerBackend } from '../server/server-backend.js';
import type { ServerStats } from '../server/stats.js';
import { type Address, type ClusterPlan, dialled } from './plan.js';

interface Node {
  /** Its bound and its counters hold for the node, however often it leaves and comes back. */
  readonly lasting: Lasting;
  server: ServerBackend | undefined;
}

/** The nodes in use, each with a server of its own. */
export class Nodes {
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #plan: ClusterPlan;
  readonly #deadlines: Deadlines;
  readonly #nodes = new Map<Address, Node>();
  readonly #leaving = new Set<Promise<unknown>>();

  constructor(settings: Settings, environment: Environment, plan: ClusterPlan, deadlines: Deadlines) {
    this.#settings = settings;
    this.#environment = environment;
    this.#plan = plan;
    this.#deadlines = deadlines;
  }

  serverAt(address: Address): ServerBackend {
    const node = this.#nodeAt(address);
    node.server ??= new ServerBackend(
      {
        ...this.#settings,
        nested: 'allow',
        target: { ...this.#plan.redis, ...dialled(address) },
      },
      this.#environment,
      node.lasting,
    );
    return node.server;
  }

  /** The server, if it is in use. */
  at(address: Address): ServerBackend | undefined {
    return this.#nodes.get(address)?.server;
  }

  /** All others have left: what is lent there may end by itself, nothing more is lent. */
  keepOnly(addresses: ReadonlySet<Address>): void {
    for (const [address, node] of this.#nodes) {
      const { server } = node;
      if (!server || addresses.has(address)) continue;
      node.server = undefined;
      const left = server.drain().finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
  }

  stats(): Record<Address, ServerStats> {
    return Object.fromEntries([...this.#nodes].map(([address, node]) => [address, statsOfNode(node)]));
  }

  /** Resolves when no socket is left. */
  async close(): Promise<void> {
    this.keepOnly(new Set());
    await Promise.all(this.#leaving);
  }

  #nodeAt(address: Address): Node {
    let node = this.#nodes.get(address);
    if (!node) {
      node = {
        lasting: { ...lasting(this.#settings, this.#environment.clock), deadlines: this.#deadlines },
        server: undefined,
      };
      this.#nodes.set(address, node);
    }
    return node;
  }
}

function statsOfNode({ server, lasting: { ledger, permits } }: Node): ServerStats {
  return server ? server.serverStats() : { ...ledger.snapshot(), connecting: permits.connecting, pending: 0 };
}

/** Adds counters up, name by name. */
export function total<S extends LedgerSnapshot>(all: readonly S[]): S {
  const sum: Record<string, unknown> = {};
  for (const snapshot of all) add(sum, snapshot as unknown as Record<string, unknown>);
  return sum as unknown as S;
}

function add(sum: Record<string, unknown>, more: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(more)) {
    if (typeof value === 'number') sum[name] = ((sum[name] as number) ?? 0) + value;
    else if (name === 'destroyed') {
      sum[name] ??= {};
      add(sum[name] as Record<string, unknown>, value as Record<string, unknown>);
    }
  }
}
