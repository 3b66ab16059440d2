import type { Greeting } from '../adapters/handshake.js';
import type { Deadlines } from '../core/deadlines.js';
import type { Settings } from '../options/settings.js';
import { Ledger, type LedgerSnapshot } from '../pool/ledger.js';
import type { Environment } from '../server/environment.js';
import { type Lasting, lasting } from '../server/lasting.js';
import { ServerBackend } from '../server/server-backend.js';
import type { ServerStats } from '../server/stats.js';
import type { Address, ClusterPlan } from './plan.js';

interface Node {
  /** Its bound and its counters hold for the node while anything of it is open, and for those named at the beginning. */
  readonly lasting: Lasting;
  server: ServerBackend | undefined;
}

/** Asks whoever answers at an address who that is; rejects where it is a stranger. */
export type Greet = (address: Address, ...rest: Parameters<Greeting>) => Promise<void>;

/** The nodes in use, each with a server of its own. */
export class Nodes {
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #plan: ClusterPlan;
  readonly #deadlines: Deadlines;
  readonly #greet: Greet;
  readonly #nodes = new Map<Address, Node>();
  /** What is lent still where a node has left. */
  readonly #leaving = new Map<
    ServerBackend,
    { readonly address: Address; readonly left: Promise<unknown> }
  >();
  /** What those counted that are forgotten. */
  #forgotten: LedgerSnapshot = new Ledger().snapshot();

  constructor(
    settings: Settings,
    environment: Environment,
    plan: ClusterPlan,
    deadlines: Deadlines,
    greet: Greet,
  ) {
    this.#settings = settings;
    this.#environment = environment;
    this.#plan = plan;
    this.#deadlines = deadlines;
    this.#greet = greet;
  }

  serverAt(address: Address): ServerBackend {
    const node = this.#nodeAt(address);
    node.server ??= new ServerBackend(
      {
        ...this.#settings,
        nested: 'allow',
        target: this.#plan.target(address),
      },
      this.#environmentOf(address),
      node.lasting,
    );
    return node.server;
  }

  /** The server, if it is in use. */
  at(address: Address): ServerBackend | undefined {
    return this.#nodes.get(address)?.server;
  }

  /**
   * All others have left: what is lent there may end by itself, nothing more is lent.
   *
   * @param named Who is in the cluster at all. Somebody else hears nothing of what is published there.
   */
  keepOnly(masters: ReadonlySet<Address>, named: ReadonlySet<Address>): void {
    for (const [address, node] of this.#nodes) {
      const { server } = node;
      if (!server || masters.has(address)) continue;
      node.server = undefined;
      const left = server.drain().finally(() => {
        this.#leaving.delete(server);
        this.#forget(address, node);
      });
      this.#leaving.set(server, { address, left });
    }
    for (const [server, { address }] of this.#leaving) if (!named.has(address)) endSubscriptions(server);
  }

  /** How many may be connected to at a time. */
  get inUse(): number {
    return [...this.#nodes.values()].filter(({ server }) => server).length;
  }

  /** Some connection is lent. */
  get isBusy(): boolean {
    return [...this.#nodes.values()].some(({ lasting: { ledger } }) => ledger.borrowed > 0);
  }

  /** Counters of those that have left. */
  get forgotten(): LedgerSnapshot {
    return this.#forgotten;
  }

  stats(): Record<Address, ServerStats> {
    return Object.fromEntries([...this.#nodes].map(([address, node]) => [address, statsOfNode(node)]));
  }

  /** Resolves when no socket is left. */
  async close(): Promise<void> {
    this.keepOnly(new Set(), new Set());
    await Promise.all([...this.#leaving.values()].map(({ left }) => left));
  }

  /** Nothing of it is open any more, unless it has come back. */
  #forget(address: Address, node: Node): void {
    if (node.server || this.#plan.seeds.includes(address) || this.#nodes.get(address) !== node) return;
    this.#nodes.delete(address);
    this.#forgotten = total([this.#forgotten, node.lasting.ledger.snapshot()]);
  }

  #environmentOf(address: Address): Environment {
    const { createDriver } = this.#environment;
    const greet: Greeting = (send) => this.#greet(address, send);
    return { ...this.#environment, createDriver: (settings) => createDriver({ ...settings, greet }) };
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

/** As a loss, since whoever listens would do so for ever. */
function endSubscriptions({ lender }: ServerBackend): void {
  for (const { state, connection } of lender.grants)
    if (state?.subscribed) connection.client.stream.destroy();
}

function statsOfNode({ server, lasting: { ledger, permits } }: Node): ServerStats {
  return server ? server.serverStats() : { connecting: permits.connecting, pending: 0, ...ledger.snapshot() };
}

/** Adds counters up, name by name. */
export function total<S extends object>(all: readonly S[]): S {
  const sum: Record<string, unknown> = {};
  for (const snapshot of all) add(sum, snapshot as unknown as Record<string, unknown>);
  return sum as unknown as S;
}

function add(sum: Record<string, unknown>, more: Record<string, unknown>): void {
  for (const name in more) {
    const value = more[name];
    if (typeof value === 'number') sum[name] = ((sum[name] as number) ?? 0) + value;
    else if (name === 'destroyed') {
      sum[name] ??= {};
      add(sum[name] as Record<string, unknown>, value as Record<string, unknown>);
    }
  }
}
