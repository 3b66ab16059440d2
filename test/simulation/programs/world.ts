import type { Lease } from 'with-redis';
import type { Peer } from '../redis/peer.js';
import { RedisServer } from '../redis/server.js';
import { enter, replaceTimers, Surroundings } from '../world/globals.js';
import { Network } from '../world/network.js';
import type { SimSocket } from '../world/socket.js';
import { Trace } from '../world/trace.js';
import { fairWeather } from '../world/weather.js';
import type { Ether } from '../world/wire.js';
import { Cluster } from './cluster.js';
import { Factory } from './factory.js';
import { changeOf } from './forecast.js';
import { Journal } from './journal.js';
import { Pair } from './pair.js';
import type { InstancePlan, NetworkEvent } from './program.js';
import { type Ground, PASSWORD, PORT, type Site } from './site.js';
import { Traces } from './traces.js';

/** What is known to be wrong, and must not keep the rest from being found. */
export const tolerated: RegExp[] = [];

/** Clocks, network and servers of one program. */
export class World implements Ground {
  readonly trace = new Trace();
  readonly surroundings: Surroundings;
  readonly network: Network;
  readonly violations: string[] = [];
  readonly journal = new Journal((what) => this.violate(what));
  readonly ether: Ether;
  readonly site: Site;
  /** Where it is a cluster, the same. */
  readonly cluster: Cluster | undefined;
  /** Where somebody follows what is done. */
  readonly traces: Traces | undefined;
  /** How long the thread was busy so far; limits cannot be kept meanwhile. */
  stalledMs = 0;
  dataWasLost = false;
  /** Where an instance is given its clients. */
  readonly factory: Factory;
  /** Calls that hooks have made, and the lease that is being given back, which they end once more. */
  readonly hooks: { called: number; running: number; ending: Lease | undefined } = {
    called: 0,
    running: 0,
    ending: undefined,
  };
  readonly #plan: InstancePlan;
  #putBack = () => {};

  constructor(seed: number, plan: InstancePlan) {
    this.#plan = plan;
    this.surroundings = new Surroundings(seed);
    const { loop, random } = this.surroundings;
    this.trace.now = () => loop.now;
    this.factory = new Factory(loop);
    this.ether = { loop, trace: this.trace, random: random.fork() };
    this.network = new Network(this.ether);
    this.surroundings.connect = (address) => this.network.connect(address);
    this.cluster = plan.address === 'cluster' ? new Cluster(this, plan) : undefined;
    this.site = this.cluster ?? new Pair(this);
    enter(this.surroundings);
    loop.keepsContext = plan.nested !== 'allow';
    this.traces = plan.traced ? new Traces((what) => this.violate(what), loop.keepsContext) : undefined;
  }

  get busyTime(): number {
    return this.loop.now - this.stalledMs;
  }

  get loop() {
    return this.surroundings.loop;
  }

  build(host: string): RedisServer {
    const server = new RedisServer(
      this.ether,
      () => Math.floor(this.loop.now),
      (...seen) => {
        this.journal.witness(...seen);
        this.site.witness(...seen);
      },
    );
    if (this.#plan.password) server.state.password = PASSWORD;
    const place = `${host}:${PORT}`;
    this.network.listen(place, server);
    Object.assign(this.network.weatherAt(place), fairWeather(this.#plan.latencyMs));
    return server;
  }

  violate(what: string): void {
    if (tolerated.some((pattern) => pattern.test(what))) return;
    this.trace.note('VIOLATION', this.violations.length);
    this.trace.remark(what);
    this.violations.push(what);
  }

  peerOf(socket: SimSocket | undefined): Peer | undefined {
    return socket?.wire && this.site.servers.map((server) => server.peerOf(socket.wire)).find(Boolean);
  }

  /** @param at which way it is, of those that there are; all of them where nothing is said */
  weather(what: NetworkEvent, at?: number): void {
    this.trace.note('network', 0, what.name);
    const { places } = this.site;
    const change = changeOf(what);
    const isFair = what.name === 'clear';
    for (const place of isFair || at === undefined ? places : [places[at % places.length] as string])
      Object.assign(this.network.weatherAt(place), fairWeather(this.#plan.latencyMs), change);
    if (isFair) this.network.clear();
  }

  timers(what: 'replaced' | 'back'): void {
    this.#putBack();
    this.#putBack = what === 'replaced' ? replaceTimers() : () => {};
  }

  stall(ms: number): void {
    this.loop.stall(ms);
    this.stalledMs += ms;
  }

  /** The monotonic clock stands still while the machine sleeps; other clocks do not. */
  sleep(ms: number): void {
    this.surroundings.wallOffsetMs += ms;
  }

  /** Of what all programs share nothing is left to the next one. */
  leave(): void {
    this.traces?.leave();
    this.timers('back');
  }

  /** Everything is as it should be. */
  heal(): void {
    this.site.heal();
    this.factory.way = 'well';
    this.weather({ name: 'clear' });
  }
}
