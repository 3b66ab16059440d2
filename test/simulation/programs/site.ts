import type { RedisServer } from '../redis/server.js';
import type { Witness } from '../redis/session.js';
import type { Network } from '../world/network.js';
import type { Ether } from '../world/wire.js';
import type { ServerEvent } from './program.js';

export const PORT = 6379;
export const PASSWORD = 'secret';

/** What servers need of the world. */
export interface Ground {
  readonly ether: Ether;
  readonly network: Network;
  /** Time in which the thread could have done something. */
  readonly busyTime: number;
  /** Data may have gone: a server began anew, or another one has taken over. */
  dataWasLost: boolean;
  /** A server that listens there. */
  build(host: string): RedisServer;
  violate(what: string): void;
}

/** The servers of a program, and what becomes of them. */
export interface Site {
  /** All that there ever were. */
  readonly servers: readonly RedisServer[];
  /** Where they listen. */
  readonly places: readonly string[];
  /** @param at which of them it happens to, where there is a choice; all of them where nothing is said */
  strike(what: ServerEvent, at?: number): void;
  /** Everything is as it should be. */
  heal(): void;
  /** Told of every command that is executed. */
  witness(...seen: Parameters<Witness>): void;
}
