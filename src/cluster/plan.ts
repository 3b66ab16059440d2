import type { RedisOptions } from 'ioredis';
import { addressOf, outside, type Place } from '../connection/address.js';
import { UNLIMITED } from '../core/clock.js';
import type { ClusterSettings } from '../options/cluster-options.js';
import type { Settings } from '../options/settings.js';
import { socketLookup } from './name-lookup.js';

/** `host:port`, of a node as it is dialled. */
export type Address = string;

/** How the nodes of a cluster are reached. */
export interface ClusterPlan {
  readonly seeds: readonly Address[];
  /** What every key begins with on the wire. */
  readonly keyPrefix: RedisOptions['keyPrefix'];
  /** How long one node may take to tell who owns what, in ms. */
  readonly refreshTimeoutMs: number;
  /** How often that is asked anew although nothing gives a reason to, in ms; `Infinity` is never. */
  readonly refreshIntervalMs: number;
  /** How long a connection may idle, in ms. */
  readonly idleMs: number;
  /** How long a scope waits for a connection, in ms. */
  readonly patienceMs: number;
  /** How many connections a node may have. */
  readonly maxConnections: number;
  /** How often the map may turn out to be wrong before one gives up; 16, as in ioredis, where nothing is said. */
  readonly maxHops: number;
  /** Options of a connection to a node. */
  target(address: Address): RedisOptions;
  /** Where a node that calls itself so can be dialled. */
  locate(host: string, port: number): Address;
}

export function planOf({ cluster, redis, pool, acquireTimeoutMs, maxConnections }: Settings): ClusterPlan {
  const { seeds, options } = cluster as ClusterSettings;
  const { natMap, slotsRefreshTimeout, slotsRefreshInterval, maxRedirections } = options;
  const { host: _host, port: _port, ...everywhere } = redis;
  const { keyPrefix, scripts, showFriendlyErrorStack, redisOptions } = options;
  const given = Object.entries({ keyPrefix, scripts, showFriendlyErrorStack });
  const common = {
    ...everywhere,
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    ...redisOptions,
  };
  // What one of the seeds is told with holds for all nodes, unless they are told something else.
  const ofSeeds = Object.assign({}, ...seeds.map((seed) => seed.options).reverse()) as RedisOptions;
  const own = new Map(seeds.map((seed) => [addressOf(seed), seed.options]));
  return {
    seeds: seeds.map(addressOf),
    keyPrefix: common.keyPrefix ?? ofSeeds.keyPrefix,
    refreshTimeoutMs: slotsRefreshTimeout ?? 1_000,
    refreshIntervalMs: slotsRefreshInterval || UNLIMITED,
    idleMs: pool?.minIdle ? UNLIMITED : (pool?.idleTimeoutMs ?? 0),
    patienceMs: acquireTimeoutMs,
    maxConnections,
    maxHops: maxRedirections ?? 16,
    target: (address) =>
      withLookup({ ...ofSeeds, ...own.get(address), ...common, ...dialled(address) }, options.dnsLookup),
    locate: (host, port) => addressOf(outside({ host, port }, natMap)),
  };
}

export function dialled(address: Address): Place {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function withLookup(target: RedisOptions, dnsLookup: ClusterSettings['options']['dnsLookup']): RedisOptions {
  return dnsLookup ? ({ ...target, lookup: socketLookup(dnsLookup) } as RedisOptions) : target;
}
