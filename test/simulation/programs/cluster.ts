import { Chart, type Member, newMembership, type Shard } from '../redis/cluster.js';
import type { RedisServer } from '../redis/server.js';
import type { Witness } from '../redis/session.js';
import { afflict, cure } from './affliction.js';
import type { InstancePlan, ServerEvent } from './program.js';
import { RESHAPING } from './reshaping.js';
import { type Ground, PORT, type Site } from './site.js';
import { Strangers } from './strangers.js';

const MASTERS = 3;
/** Until a node has heard what the others know. */
const LAG_MS = 80;
/** What only somebody sends who knows the way. */
const KNOWING = ['set', 'get', 'incr', 'rpush', 'echo'];

interface Node {
  readonly member: Member;
  readonly server: RedisServer;
  /** Where it can be dialled. */
  readonly host: string;
}

/** Where a node of this serial number can be dialled, and what the others call it by. */
const outside = (serial: number, { nodes }: InstancePlan) =>
  nodes === 'inside' ? `192.0.2.${serial}` : `10.0.2.${serial}`;
const inside = (serial: number, { nodes }: InstancePlan) =>
  nodes === 'names' ? `node-${serial}.sim` : `10.0.2.${serial}`;

/** `natMap`, where nodes know each other by addresses that lead nowhere from here. */
export const outsideOf = (address: string) => ({
  host: (address.split(':')[0] as string).replace('10.0.2.', '192.0.2.'),
  port: PORT,
});

/** Masters with a replica each, to begin with. */
export class Cluster implements Site {
  chart: Chart;
  readonly servers: RedisServer[] = [];
  /** All nodes that there ever were, by id. */
  readonly #nodes = new Map<string, Node>();
  /** Stays for as long as the program runs, so that whoever once knew the cluster can find it again; nobody is told of it. */
  readonly #anchor: Member;
  /** What will have happened when all is well. */
  readonly #unfinished = new Set<() => void>();
  #seeds: ReadonlySet<Member> = new Set();
  readonly #strangers: Strangers;
  /** They have left for good. */
  readonly #gone = new Set<string>();
  /** The instance has found its way, so that it knows all nodes. */
  isKnown = false;
  /** Who owns what has changed since the program began. */
  isReshaped = false;

  constructor(
    readonly ground: Ground,
    readonly plan: InstancePlan,
  ) {
    this.chart = Chart.empty();
    this.#strangers = new Strangers((what) => ground.violate(what));
    const shards = Array.from({ length: MASTERS }, () => ({
      master: this.build(),
      replicas: [this.build()],
    }));
    this.#anchor = shards.at(-1)?.replicas[0] as Member;
    this.chart = Chart.even(shards);
    this.#agree();
  }

  /** Those of members first. */
  get places(): readonly string[] {
    const members = this.members.map(({ id }) => this.#nodes.get(id) as Node);
    return [...new Set([...members, ...this.#nodes.values()])].map(({ host }) => `${host}:${PORT}`);
  }

  get members(): readonly Member[] {
    const { shards } = this.chart;
    return [...shards.map(({ master }) => master), ...shards.flatMap(({ replicas }) => replicas)];
  }

  /** Whom a new instance is told of, which knows nobody yet: a master and a replica. */
  introduce(): readonly string[] {
    const others = this.members.filter((member) => !this.isAnchor(member));
    this.#seeds = new Set([others[0], others.at(-1)] as Member[]);
    this.isKnown = false;
    return [...this.#seeds].map(({ id }) => (this.#nodes.get(id) as Node).host);
  }

  /** Whoever is there is believed where nobody else can be asked. */
  isSeed(member: Member): boolean {
    return this.#seeds.has(member);
  }

  isAnchor({ id }: Member): boolean {
    return id === this.#anchor.id;
  }

  serverOf({ id }: Member): RedisServer {
    return this.#nodes.get(id)?.server as RedisServer;
  }

  strike(what: ServerEvent, at?: number): void {
    const { ether } = this.ground;
    ether.trace.note('server', at ?? -1, what);
    const { members } = this;
    const struck = at === undefined ? members : [members[at % members.length] as Member];
    for (const server of struck.map((member) => this.serverOf(member))) {
      afflict(server, what);
      if (what === 'speak') ether.loop.after(0, () => server.speak());
    }
    if (what === 'restart') this.ground.dataWasLost = true;
    else if (what === 'well') this.heal();
    const reshape = RESHAPING[what];
    if (!reshape) return;
    this.isReshaped = true;
    this.heal();
    reshape(this, at ?? 0);
  }

  heal(): void {
    for (const finish of [...this.#unfinished]) finish();
    for (const { member, server } of this.#nodes.values())
      if (!this.#gone.has(member.id)) cure(server, server.state.mood.replica);
    this.#agree();
  }

  witness(...[session, command]: Parameters<Witness>): void {
    if (!KNOWING.includes((command[0] as string).toLowerCase())) return;
    this.isKnown = true;
    this.#strangers.witness(session, command);
  }

  /** A server at an address that nobody has had, which knows nobody. */
  build(): Member {
    const serial = this.#nodes.size + 1;
    const member = { id: String(serial).padStart(40, '0'), host: inside(serial, this.plan), port: PORT };
    const host = outside(serial, this.plan);
    const server = this.#listen(host);
    if (this.plan.nodes === 'names') this.ground.network.names.set(member.host, host);
    server.state.cluster = newMembership(member, Chart.empty());
    this.#nodes.set(member.id, { member, server, host });
    return member;
  }

  /** Something has changed: who had a part in it knows at once, all others a little later. */
  enact(chart: Chart, ...parties: readonly Member[]): void {
    this.chart = chart;
    for (const member of this.members) {
      if (parties.includes(member)) this.serverOf(member).hear(chart);
      else this.later(this.ground.ether.random.next() * LAG_MS, () => this.serverOf(member).hear(this.chart));
    }
  }

  /** It happens after a while, or when everything is to be well again. */
  later(ms: number, run: () => void): void {
    const { loop } = this.ground.ether;
    const once = () => {
      if (this.#unfinished.delete(once)) run();
    };
    this.#unfinished.add(once);
    if (ms < Number.POSITIVE_INFINITY) loop.elsewhere(loop.now + ms, once);
  }

  /** The process ends for good. */
  remove(member: Member): void {
    this.#gone.add(member.id);
    this.serverOf(member).stop();
  }

  /** Its address is that of a server of another cluster from now on: of another process, or of the same. */
  estrange(member: Member, isAnother: boolean): void {
    const { host, server } = this.#nodes.get(member.id) as Node;
    if (isAnother) this.remove(member);
    this.#strangers.settle(isAnother ? this.#listen(host) : server, member);
  }

  get isMistaken(): boolean {
    return this.#strangers.deceive;
  }

  shardAt(at: number): readonly [index: number, shard: Shard] {
    const index = at % this.chart.shards.length;
    return [index, this.chart.shards[index] as Shard];
  }

  #listen(host: string): RedisServer {
    const server = this.ground.build(host);
    this.servers.push(server);
    return server;
  }

  /** All members believe the same. */
  #agree(): void {
    for (const member of this.members) this.serverOf(member).hear(this.chart);
  }
}
