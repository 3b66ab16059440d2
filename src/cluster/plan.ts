import type { ClusterNode, NatMap, RedisOptions } from 'ioredis';
import type { Settings } from '../options/settings.js';
import { nodeUrl } from '../options/validation.js';

/** `host:port`, of a node as it is dialled. */
export type Address = string;

/** How the nodes of a cluster are reached. */
export interface ClusterPlan {
  readonly seeds: readonly Address[];
  /** Options of every connection, but for its address. */
  readonly redis: RedisOptions;
  /** How long one node may take to tell who owns what, in ms. */
  readonly refreshTimeoutMs: number;
  /** Where a node that calls itself so can be dialled. */
  locate(host: string, port: number): Address;
}

export function planOf({ cluster, redis }: Settings): ClusterPlan {
  const { nodes, options = {} } = cluster as NonNullable<Settings['cluster']>;
  const seeds = nodes.map(readNode);
  const { natMap, keyPrefix, scripts, redisOptions, slotsRefreshTimeout } = options;
  const { host: _host, port: _port, ...everywhere } = redis;
  const translate = translator(natMap);
  return {
    seeds: seeds.map(({ host, port }) => addressOf(host, port)),
    // A seed's credentials are the cluster's.
    redis: {
      ...seeds[0]?.options,
      ...everywhere,
      ...(keyPrefix !== undefined && { keyPrefix }),
      ...(scripts !== undefined && { scripts }),
      ...redisOptions,
    },
    refreshTimeoutMs: slotsRefreshTimeout ?? 1_000,
    locate: (host, port) => translate(addressOf(host, port)),
  };
}

function addressOf(host: string, port: number): Address {
  return `${host}:${port}`;
}

export function dialled(address: Address): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function translator(natMap: NatMap | undefined): (address: Address) => Address {
  if (!natMap) return (address) => address;
  return (address) => {
    const outside = typeof natMap === 'function' ? natMap(address) : natMap[address];
    return outside ? addressOf(outside.host, outside.port) : address;
  };
}

interface Seed {
  readonly host: string;
  readonly port: number;
  readonly options: RedisOptions;
}

/** A port, an address, a URL, or an object, as ioredis takes them. */
function readNode(node: ClusterNode): Seed {
  if (typeof node === 'number') return { host: '127.0.0.1', port: node, options: {} };
  if (typeof node === 'string') return readUrl(node);
  const { host = '127.0.0.1', port = 6379, ...options } = node;
  return { host, port, options };
}

function readUrl(text: string): Seed {
  const { protocol, hostname, port, username, password } = new URL(nodeUrl(text));
  const options: RedisOptions = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
  return { host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(port || 6379), options };
}
