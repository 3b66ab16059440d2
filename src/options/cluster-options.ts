import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { MASTERS_ALONE, NO_QUEUE, NO_RECONNECT, SENT_ONCE, TOGETHER } from './advice.js';
import type { WithRedisOptions } from './options.js';
import { KINDS } from './redis-option-kinds.js';
import { isWholeCopy, readRedisOptions, refuse } from './redis-options.js';
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

/** What a cluster here does as ioredis's does. */
const HONOURED: Readonly<Record<string, check.Kind>> = {
  dnsLookup: check.FUNCTION,
  slotsRefreshTimeout: check.DURATION,
  // ioredis has 0 for never.
  slotsRefreshInterval: { ...check.DURATION, is: (value) => value === 0 || check.DURATION.is(value) },
  maxRedirections: check.count(0),
  // It is so anyway.
  lazyConnect: check.FLAG,
  enableReadyCheck: check.FLAG,
  shardedSubscribers: check.FLAG,
};

const NAME_NODES = 'name some nodes';

/** What it cannot do, ioredis's own default, and what does instead. */
const REFUSED: Readonly<Record<string, readonly [byDefault: unknown, instead: string]>> = {
  clusterRetryStrategy: [null, NO_RECONNECT],
  clusterNodeRetryStrategy: [null, NO_RECONNECT],
  enableOfflineQueue: [true, NO_QUEUE],
  scaleReads: ['master', MASTERS_ALONE],
  retryDelayOnFailover: [100, SENT_ONCE],
  retryDelayOnClusterDown: [100, SENT_ONCE],
  retryDelayOnTryAgain: [100, SENT_ONCE],
  retryDelayOnMoved: [0, 'MOVED is followed at once, and with pauses where nodes disagree'],
  useSRVRecords: [false, NAME_NODES],
  resolveSrv: [null, NAME_NODES],
  enableAutoPipelining: [false, TOGETHER],
  autoPipeliningIgnoredCommands: [null, TOGETHER],
  himportFieldsets: [null, 'a lease prepares its own'],
};

/** Read as those of one server are. */
const COMMON = ['redisOptions', 'keyPrefix', 'scripts', 'showFriendlyErrorStack', 'natMap'];
const NAMES = [...COMMON, ...Object.keys(HONOURED), ...Object.keys(REFUSED)];

/** Of a lease in a cluster its place is not its own, nor are there sentinels or databases. */
const MISPLACED = /^(host|port|path|name|role|sentinel.*|updateSentinels|failoverDetector|preferredSlaves)$/;

const NODES: check.Kind = {
  wanted: 'a list of at least one node',
  is: (value) => Array.isArray(value) && value.length > 0,
};

/** As ioredis takes them: ports, addresses, URLs, and objects. */
const NODE: check.Kind = {
  wanted: 'a port, host:port, a redis:// or rediss:// URL, or { host, port }',
  is: (node) => {
    if (typeof node === 'string') return URL.canParse(nodeUrl(node)) && /^rediss?:/.test(nodeUrl(node));
    return (typeof node === 'object' && node !== null) || Number.isInteger(node);
  },
};

/** What a node is told by, as a URL. */
function nodeUrl(node: string): string {
  if (/^\d+$/.test(node)) return `redis://127.0.0.1:${node}`;
  return node.includes('://') ? node : `redis://${node}`;
}

/** A cluster is told by its nodes alone, and has one database. */
export function readCluster(options: WithRedisOptions): ClusterSettings | undefined {
  const { cluster, url, connect, redis } = options;
  if (cluster === undefined || cluster === null) return undefined;
  check.object('cluster', cluster);
  check.knownKeys('cluster.', cluster, ['nodes', 'options']);
  const given = cluster.options ?? {};
  check.object('cluster.options', given);
  check.value('cluster.nodes', cluster.nodes, NODES);
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
  const isCopy = isWholeCopy(options, NAMES);
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const option = `cluster.options.${name}`;
    const refused = REFUSED[name];
    if (name === 'redisOptions') read[name] = readNodeOptions(option, value);
    else if (!refused) {
      check.value(option, value, (HONOURED[name] ?? KINDS.get(name)) as check.Kind);
      read[name] = value;
    } else if (!isCopy) refuse(option, value, ...refused);
  }
  return read;
}

function readSeed(option: string, node: ClusterNode): Seed {
  check.value(option, node, NODE, check.kindOf);
  const isText = typeof node !== 'object';
  const read = isText ? readUrl(option, nodeUrl(String(node))) : { ...(node as RedisOptions) };
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
