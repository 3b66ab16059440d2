import type { NatMap, RedisOptions } from 'ioredis';
import { ConfigurationError } from '../core/errors.js';
import { kindOf } from '../core/kind-of.js';

/** Where connections go. */
export interface Server {
  /** A host, or the path of a unix socket. */
  readonly address: string;
  /** Not of a unix socket. */
  readonly port: number | undefined;
  /** Index of the database. */
  readonly database: number;
}

/** What the options say that are dialled; undefined where a factory or a sentinel decides. */
export function serverOf(target: RedisOptions | undefined): Server | undefined {
  if (!target || target.sentinels) return undefined;
  const { path, host = 'localhost', port = 6379, db: database = 0 } = target;
  return path === undefined
    ? { address: host, port, database }
    : { address: path, port: undefined, database };
}

/** The same in words that hold no credential. */
export function addressOf(options: RedisOptions): string {
  if (options.sentinels) return `sentinel group ${options.name ?? ''}`.trimEnd();
  const { path, host = 'localhost', port = 6379 } = options;
  return path ?? `${host}:${port}`;
}

/** Where a server or a sentinel is. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Where what calls itself so can be reached from here. */
export function outside(place: Place, natMap: NatMap | undefined): Place {
  const address = addressOf(place);
  const found = typeof natMap === 'function' ? natMap(address) : natMap?.[address];
  if (!found) return place;
  // Without a host it would be this machine.
  if (typeof found.host === 'string' && found.port > 0) return found;
  throw new ConfigurationError('natMap', `must lead ${address} to { host, port }; received ${kindOf(found)}`);
}
