import type { RedisServer } from '../redis/server.js';
import type { Witness } from '../redis/session.js';
import { afflict, cure } from './affliction.js';
import { Deposed } from './deposed.js';
import type { ServerEvent } from './program.js';
import { isOfSentinels, type SentinelFault, SentinelGroup } from './sentinel-group.js';
import { type Ground, PORT, type Site } from './site.js';

export const HOST = 'redis.sim';

const ADDRESSES = ['10.0.0.1', '10.0.0.2'];

/** Two servers behind one name, which stands for one of them at a time, and the sentinels that watch them. */
export class Pair implements Site {
  readonly servers: readonly RedisServer[];
  readonly places = ADDRESSES.map((address) => `${address}:${PORT}`);
  readonly #sentinels: SentinelGroup;
  readonly #ground: Ground;
  readonly #deposed = new Deposed();
  readonly #members: readonly RedisServer[];
  /** Which server the name stands for. */
  #at = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#members = ADDRESSES.map((address) => ground.build(address));
    const members = ADDRESSES.map((address) => [address, String(PORT)] as const);
    this.#sentinels = new SentinelGroup(ground.ether, ground.network, members);
    this.servers = [...this.#members, ...this.#sentinels.servers];
    this.#name();
  }

  strike(what: ServerEvent): void {
    const { ether } = this.#ground;
    ether.trace.note('server', this.#at, what);
    const server = this.#server;
    afflict(server, what);
    if (what === 'restart') this.#ground.dataWasLost = true;
    else if (what === 'well') this.heal();
    else if (what === 'move') this.#move();
    else if (what === 'depose') this.#depose();
    else if (what === 'depose unheard') this.#depose('sentinel mute');
    else if (isOfSentinels(what)) this.#sentinels.fail(what);
    else if (what === 'speak') ether.loop.after(0, () => server.speak());
  }

  heal(): void {
    cure(this.#server, false);
    this.#sentinels.heal();
    this.#deposed.demote();
  }

  witness(...seen: Parameters<Witness>): void {
    this.#deposed.witness(seen, this.#ground.busyTime, (what) => this.#ground.violate(what));
  }

  /** The one that the name stands for. */
  get #server(): RedisServer {
    return this.#members[this.#at] as RedisServer;
  }

  /** Another one is master from now on; the old one does not know yet. */
  #depose(unheardFor?: SentinelFault): void {
    const old = this.#replace(unheardFor);
    this.#deposed.begin(old.state, this.#ground.busyTime);
  }

  /** The name stands for another server from now on; the old one lives on as a replica. */
  #move(): void {
    this.#replace().state.mood.replica = true;
  }

  #replace(unheardFor?: SentinelFault): RedisServer {
    this.heal();
    const old = this.#server;
    this.#at = 1 - this.#at;
    this.heal();
    if (unheardFor) this.#sentinels.fail(unheardFor);
    this.#name();
    this.#ground.dataWasLost = true;
    return old;
  }

  #name(): void {
    const address = ADDRESSES[this.#at] as string;
    this.#ground.network.names.set(HOST, address);
    this.#sentinels.promote([address, String(PORT)]);
  }
}
