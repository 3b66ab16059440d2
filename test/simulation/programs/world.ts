import type { Peer } from '../redis/peer.js';
import { RedisServer } from '../redis/server.js';
import type { Mood } from '../redis/session.js';
import { enter, Surroundings } from '../world/globals.js';
import { Network } from '../world/network.js';
import type { SimSocket } from '../world/socket.js';
import { Trace } from '../world/trace.js';
import { fairWeather } from '../world/weather.js';
import { Deposed } from './deposed.js';
import { changeOf } from './forecast.js';
import { Journal } from './journal.js';
import type { NetworkEvent, ServerEvent } from './program.js';
import { isOfSentinels, SentinelGroup } from './sentinel-group.js';

export const HOST = 'redis.sim';
export const PORT = 6379;
export const PASSWORD = 'secret';

/** What is known to be wrong, and must not keep the rest from being found. */
export const tolerated: RegExp[] = [];

const ADDRESSES = ['10.0.0.1', '10.0.0.2'];

/** What the server refuses from now on. */
const MOODS: { readonly [event in ServerEvent]?: Partial<Mood> } = {
  loading: { loading: 'yes' },
  'loading all': { loading: 'all' },
  replica: { replica: true },
  misconf: { misconf: true },
  'out of memory': { outOfMemory: true },
  busy: { busy: true },
};
const WELL: Mood = { loading: 'no', replica: false, misconf: false, outOfMemory: false, busy: false };

/** What becomes of the server and its connections. */
const ENDS: { readonly [event in ServerEvent]?: (server: RedisServer) => void } = {
  'drop by finish': (server) => server.drop('finish'),
  'drop by reset': (server) => server.drop('reset'),
  'drop silently': (server) => server.drop('silently'),
  restart: (server) => server.restart(),
  down: (server) => server.stop(),
  pause: (server) => server.pause(),
  full: (server) => server.fill(),
  'forget scripts': (server) => server.state.scripts.clear(),
};

/** Clocks, network and servers of one program. */
export class World {
  readonly trace = new Trace();
  readonly surroundings: Surroundings;
  readonly network: Network;
  readonly violations: string[] = [];
  readonly journal = new Journal((what) => this.violate(what));
  readonly servers: RedisServer[];
  readonly sentinels: SentinelGroup;
  /** How long the thread was busy so far; limits cannot be kept meanwhile. */
  stalledMs = 0;
  /** Data may have gone: a server began anew, or the name stands for another one. */
  dataWasLost = false;
  readonly #latencyMs: number;
  readonly #deposed = new Deposed();
  /** Which server the name stands for. */
  #at = 0;

  constructor(seed: number, latencyMs: number, password: boolean) {
    this.#latencyMs = latencyMs;
    this.surroundings = new Surroundings(seed);
    const { loop, random } = this.surroundings;
    this.trace.now = () => loop.now;
    const ether = { loop, trace: this.trace, random: random.fork() };
    this.network = new Network(ether);
    this.surroundings.connect = (address) => this.network.connect(address);
    this.servers = ADDRESSES.map((address) => {
      const server = new RedisServer(
        ether,
        () => Math.floor(this.surroundings.loop.now),
        (...seen) => {
          this.journal.witness(...seen);
          this.#deposed.witness(seen, this.busyTime, (what) => this.violate(what));
        },
      );
      if (password) server.state.password = PASSWORD;
      this.network.listen(`${address}:${PORT}`, server);
      return server;
    });
    const members = ADDRESSES.map((address) => [address, String(PORT)] as const);
    this.sentinels = new SentinelGroup(ether, this.network, members);
    this.#become('fair');
    this.#name();
    enter(this.surroundings);
  }

  /** Time in which the thread could have done something. */
  get busyTime(): number {
    return this.loop.now - this.stalledMs;
  }

  get loop() {
    return this.surroundings.loop;
  }

  /** The one that the name stands for. */
  get server(): RedisServer {
    return this.servers[this.#at] as RedisServer;
  }

  violate(what: string): void {
    if (tolerated.some((pattern) => pattern.test(what))) return;
    this.trace.note('VIOLATION', this.violations.length);
    this.trace.remark(what);
    this.violations.push(what);
  }

  peerOf(socket: SimSocket | undefined): Peer | undefined {
    return socket?.wire && this.servers.map((server) => server.peerOf(socket.wire)).find(Boolean);
  }

  /** A fault of a server, or the end of all of them. */
  strike(what: ServerEvent): void {
    this.trace.note('server', this.#at, what);
    const { server } = this;
    Object.assign(server.state.mood, MOODS[what]);
    ENDS[what]?.(server);
    if (what === 'restart') this.dataWasLost = true;
    else if (what === 'well') this.#heal();
    else if (what === 'move') this.#move();
    else if (what === 'depose') this.#depose();
    else if (isOfSentinels(what)) this.sentinels.fail(what);
    else if (what === 'speak') this.loop.after(0, () => server.speak());
  }

  weather(what: NetworkEvent): void {
    this.trace.note('network', 0, what.name);
    this.#become(what.name === 'clear' ? 'fair' : what);
    if (what.name === 'clear') this.network.clear();
  }

  stall(ms: number): void {
    this.loop.stall(ms);
    this.stalledMs += ms;
  }

  /** The monotonic clock stands still while the machine sleeps; other clocks do not. */
  sleep(ms: number): void {
    this.surroundings.wallOffsetMs += ms;
  }

  /** Everything is as it should be. */
  heal(): void {
    this.#heal();
    this.weather({ name: 'clear' });
  }

  #heal(): void {
    const { server } = this;
    Object.assign(server.state.mood, WELL);
    server.state.maxClients = 10_000;
    server.down = false;
    server.resume();
    this.sentinels.heal();
    this.#deposed.demote();
  }

  /** Another one is master from now on; the old one does not know yet. */
  #depose(): void {
    this.#heal();
    const old = this.server;
    this.#at = 1 - this.#at;
    this.#heal();
    this.#name();
    this.dataWasLost = true;
    this.#deposed.begin(old.state, this.busyTime);
  }

  /** The name stands for another server from now on; the old one lives on as a replica. */
  #move(): void {
    this.#heal();
    this.server.state.mood.replica = true;
    this.#at = 1 - this.#at;
    this.#heal();
    this.#name();
    this.dataWasLost = true;
  }

  #name(): void {
    const address = ADDRESSES[this.#at] as string;
    this.network.names.set(HOST, address);
    this.sentinels.promote([address, String(PORT)]);
  }

  #become(what: NetworkEvent | 'fair'): void {
    for (const address of ADDRESSES) {
      const weather = this.network.weatherAt(`${address}:${PORT}`);
      Object.assign(weather, fairWeather(this.#latencyMs), what !== 'fair' && changeOf(what));
    }
  }
}
