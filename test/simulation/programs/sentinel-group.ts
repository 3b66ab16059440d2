import type { Group } from '../redis/commands/sentinels.js';
import { RedisServer } from '../redis/server.js';
import type { Network } from '../world/network.js';
import type { Ether } from '../world/wire.js';
import type { ServerEvent } from './program.js';

const PORT = 26_379;
const ADDRESSES = ['10.0.1.1', '10.0.1.2', '10.0.1.3'];

/** Where they are, as an instance is told. */
export const SENTINEL_PLACES = ADDRESSES.map((host) => ({ host, port: PORT }));
export const GROUP_NAME = 'group';

const FAULTS = ['sentinel down', 'sentinel mute', 'sentinel cut off'] as const;
export type SentinelFault = (typeof FAULTS)[number];

export function isOfSentinels(event: ServerEvent): event is SentinelFault {
  return FAULTS.some((fault) => fault === event);
}

type Address = readonly [host: string, port: string];

/** Three sentinels, which tell where the master of a group is. */
export class SentinelGroup {
  readonly servers: readonly RedisServer[];
  readonly #members: readonly Address[];
  #master: Address;
  /** The one that is cut off from the others, and what it believes since. */
  #cutOff: { readonly server: RedisServer; readonly believes: Address } | undefined;

  constructor(ether: Ether, network: Network, members: readonly Address[]) {
    this.#members = members;
    this.#master = members[0] as Address;
    this.servers = ADDRESSES.map((address, index) => {
      const server = new RedisServer(
        ether,
        () => Math.floor(ether.loop.now),
        () => {},
      );
      server.state.group = this.#seenBy(server, index);
      network.listen(`${address}:${PORT}`, server);
      return server;
    });
  }

  /** They have agreed on another master, and say so. */
  promote(master: Address): void {
    const before = this.#master;
    this.#master = master;
    const text = [GROUP_NAME, ...before, ...master].join(' ');
    for (const server of this.servers)
      if (server !== this.#cutOff?.server) server.announce('+switch-master', text);
  }

  /** The first one is there no more, or does not answer, or does not hear of the others. */
  fail(how: SentinelFault): void {
    const [server] = this.servers as [RedisServer];
    if (how === 'sentinel down') server.stop();
    else if (how === 'sentinel mute') server.pause();
    else this.#cutOff = { server, believes: this.#master };
    if (this.#cutOff) this.#tellOfLoss(server);
  }

  heal(): void {
    this.#cutOff = undefined;
    for (const server of this.servers) {
      server.down = false;
      server.resume();
    }
  }

  #tellOfLoss(lost: RedisServer): void {
    for (const [index, server] of this.servers.entries()) {
      const others = ADDRESSES.filter((_, at) =>
        server === lost ? at !== index : this.servers[at] === lost,
      );
      for (const address of others)
        server.announce('+sdown', `sentinel id ${address} ${PORT} @ ${GROUP_NAME} ${this.#master.join(' ')}`);
    }
  }

  #seenBy(server: RedisServer, index: number): Group {
    const group = this;
    const masterOf = () => (group.#cutOff?.server === server ? group.#cutOff.believes : group.#master);
    return {
      name: GROUP_NAME,
      get master() {
        return masterOf();
      },
      get replicas() {
        return group.#members.filter((member) => member !== masterOf());
      },
      others: ADDRESSES.filter((_, at) => at !== index).map((address) => [address, String(PORT)] as const),
      get hasQuorum() {
        return group.#cutOff?.server !== server;
      },
    };
  }
}
