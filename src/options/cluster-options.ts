import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { ConfigurationError } from '../core/errors.js';
import type { WithRedisOptions } from './options.js';
import { readRedisOptions } from './redis-options.js';
import { readUrl } from './redis-url.js';
import * as check from './validation.js';

/** A node that was named at the beginning, with what was said of it. */
export interface Seed {
  readonly host: string;
  readonly port: number;
  readonly options: RedisOptions;
}

export interface ClusterSettings {
  readonly seeds: readonly Seed[];
  readonly options: ClusterOptions;
}

type Options = Readonly<Record<string, unknown>>;
type Honoured = (option: string, value: never) => unknown;

const REPEAT = 'a call goes its way once; use `retry`, which runs the function again';
const NAME_NODES = 'name some nodes';

/** What a cluster here does as ioredis's does. */
const HONOURED: Readonly<Record<string, Honoured>> = {
  redisOptions: (option, value) => readNodeOptions(option, value),
  keyPrefix: (option, value) => readKey(option, value),
  scripts: (option, value) => check.object(option, value as object),
  showFriendlyErrorStack: (option, value) => check.flag(option, value, false),
  natMap: (option, value) => (typeof value === 'function' ? value : check.object(option, value as object)),
  dnsLookup: (option, value) => check.fn(option, value),
  slotsRefreshTimeout: (option, value) => check.duration(option, value, 1_000),
  slotsRefreshInterval: (option, value) =>
    value === 0 ? Number.POSITIVE_INFINITY : check.duration(option, value, Number.POSITIVE_INFINITY),
  maxRedirections: (option, value) => check.count(option, value, 16, 0),
  // It is so anyway.
  lazyConnect: (option, value) => check.flag(option, value, true),
  enableReadyCheck: (option, value) => check.flag(option, value, true),
  shardedSubscribers: (option, value) => check.flag(option, value, false),
};

/** What it cannot do, ioredis's own default, and what does instead. */
const REFUSED: Readonly<Record<string, readonly [byDefault: unknown, instead: string]>> = {
  clusterRetryStrategy: [null, 'nothing is connected again by itself; use `retry`'],
  clusterNodeRetryStrategy: [null, 'nothing is connected again by itself; use `retry`'],
  enableOfflineQueue: [true, 'a call waits for its connection up to `acquireTimeoutMs`'],
  scaleReads: ['master', 'connections go to masters; use a client of your own for replicas'],
  retryDelayOnFailover: [100, REPEAT],
  retryDelayOnClusterDown: [100, REPEAT],
  retryDelayOnTryAgain: [100, REPEAT],
  retryDelayOnMoved: [0, 'MOVED is followed at once, and with pauses where nodes disagree'],
  useSRVRecords: [false, NAME_NODES],
  resolveSrv: [null, NAME_NODES],
  enableAutoPipelining: [false, "scopes are written together anyway; use isolation: 'shared'"],
  autoPipeliningIgnoredCommands: [null, "scopes are written together anyway; use isolation: 'shared'"],
  himportFieldsets: [null, 'a lease prepares its own'],
};

const NAMES = [...Object.keys(HONOURED), ...Object.keys(REFUSED)];

/** The options of a cluster client hold these always; what somebody writes down does not. */
const ALWAYS = [
  'clusterRetryStrategy',
  'resolveSrv',
  'dnsLookup',
  'scaleReads',
  'maxRedirections',
  'slotsRefreshTimeout',
];

/** Of a lease in a cluster its place is not its own, nor are there sentinels or databases. */
const MISPLACED = /^(host|port|path|name|role|sentinel.*|updateSentinels|failoverDetector|preferredSlaves)$/;

/** A cluster is told by its nodes alone, and has one database. */
export function readCluster(options: WithRedisOptions): ClusterSettings | undefined {
  const { cluster, url, connect, redis } = options;
  if (cluster === undefined || cluster === null) return undefined;
  check.object('cluster', cluster);
  check.knownKeys('cluster.', cluster, ['nodes', 'options']);
  const given = cluster.options ?? {};
  check.object('cluster.options', given);
  check.nodes('cluster.nodes', cluster.nodes);
  const others = { url, connect, 'redis.sentinels': redis?.sentinels, 'redis.path': redis?.path };
  for (const [name, value] of Object.entries(others)) check.absent(name, value, 'beside `cluster`');
  refuseDatabase('redis.db', redis?.db);
  return {
    seeds: cluster.nodes.map((node, index) => readSeed(`cluster.nodes[${index}]`, node)),
    options: readOptions(given as Options),
  };
}

function readOptions(options: Options): ClusterOptions {
  check.knownKeys('cluster.options.', options, NAMES);
  const isCopy = ALWAYS.every((name) => name in options);
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const option = `cluster.options.${name}`;
    const honour = HONOURED[name];
    if (honour) read[name] = honour(option, value as never);
    else if (!isCopy) refuse(option, name, value);
  }
  return read;
}

function refuse(option: string, name: string, value: unknown): void {
  const [byDefault, instead] = REFUSED[name] as readonly [unknown, string];
  if (value === byDefault || (Array.isArray(value) && value.length === 0)) return;
  throw new ConfigurationError(option, `cannot be honoured: ${instead} (received ${check.kindOf(value)})`);
}

/** As ioredis takes them: a port, an address, a URL, or an object. */
function readSeed(option: string, node: ClusterNode): Seed {
  const isText = typeof node !== 'object';
  const read = isText ? readUrl(option, check.nodeUrl(String(node))) : { ...(node as RedisOptions) };
  const { host, port, ...options } = read;
  const place = readRedisOptions(option, { host, port }, false);
  return {
    host: place.host ?? '127.0.0.1',
    port: place.port ?? 6379,
    options: isText ? withoutDatabase(option, options) : readNodeOptions(option, options),
  };
}

function readNodeOptions(option: string, value: unknown): RedisOptions {
  const read = readRedisOptions(option, value, true);
  const misplaced = Object.keys(read).find((name) => MISPLACED.test(name));
  if (misplaced)
    check.absent(`${option}.${misplaced}`, read[misplaced as 'host'], 'here: the cluster names its nodes');
  return withoutDatabase(option, read);
}

function withoutDatabase(option: string, { db, ...options }: RedisOptions): RedisOptions {
  refuseDatabase(`${option}.db`, db);
  return options;
}

function refuseDatabase(option: string, db: unknown): void {
  if (db) check.absent(option, db, 'in a cluster, which has one database');
}

function readKey(option: string, value: unknown): unknown {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  throw new ConfigurationError(option, `must be a string or a Buffer; received ${check.kindOf(value)}`);
}
