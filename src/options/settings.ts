import type { RedisOptions } from 'ioredis';
import type { Isolation } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import type { RetryPolicy } from '../core/retry.js';
import { snapshot } from '../core/snapshot.js';
import { OBSERVER_HOOKS, type Observer } from '../observe/events.js';
import type { PoolSettings } from '../pool/source.js';
import { type CallSettings, checkIsolation, ISOLATION, NO_RETRY, readRetry } from './call-settings.js';
import { type ClusterSettings, readCluster } from './cluster-options.js';
import type { Nested, WithRedisOptions } from './options.js';
import { readPool } from './pool-settings.js';
import { readRedisOptions } from './redis-options.js';
import { readUrl } from './redis-url.js';
import { targetOf } from './target.js';
import * as check from './validation.js';

/** Options that are taken as they are. */
interface Plain {
  readonly connect: (() => unknown) | undefined;
  readonly name: string;
  readonly isolation: Isolation;
  readonly maxConnections: number;
  readonly maxConnecting: number | undefined;
  readonly maxPending: number;
  readonly acquireTimeoutMs: number;
  readonly deadlineMs: number;
  readonly releaseTimeoutMs: number;
  readonly nested: Nested;
  readonly leakThresholdMs: number;
}

/** Options with every default filled in. */
export interface Settings extends Plain {
  /** The caller's own, over whatever REDIS_URL says. */
  readonly redis: RedisOptions;
  /** What is dialled, where that is known: not with a factory, nor before REDIS_URL is read. */
  readonly target: RedisOptions | undefined;
  readonly cluster: ClusterSettings | undefined;
  readonly pool: PoolSettings | undefined;
  readonly maxConnecting: number;
  readonly retry: RetryPolicy;
  readonly observer: Observer | undefined;
  /** For a call without options of its own. */
  readonly callDefaults: CallSettings;
}

const PLAIN: check.Kinds<Plain> = {
  connect: check.FUNCTION,
  name: check.CONNECTION_NAME,
  isolation: ISOLATION,
  maxConnections: check.count(1),
  maxConnecting: check.count(1),
  maxPending: check.count(0, UNLIMITED),
  acquireTimeoutMs: check.DURATION,
  deadlineMs: check.DURATION,
  releaseTimeoutMs: check.DURATION,
  nested: check.oneOf('allow', 'detect', 'reuse', 'forbid'),
  leakThresholdMs: check.DURATION,
};

const DEFAULTS: Plain = {
  connect: undefined,
  name: 'with-redis',
  isolation: 'exclusive',
  maxConnections: 10,
  maxConnecting: undefined,
  maxPending: 1_000,
  acquireTimeoutMs: 5_000,
  deadlineMs: 30_000,
  releaseTimeoutMs: 1_000,
  nested: 'allow',
  leakThresholdMs: UNLIMITED,
};

/** Those that have readers of their own. */
const OTHERS = ['url', 'redis', 'cluster', 'pool', 'retry', 'observer'];

export function readOptions(options: WithRedisOptions = {}): Settings {
  check.objectNotUrl('options', options);
  const plain = check.options('', options, PLAIN, DEFAULTS, OTHERS);
  const { isolation, maxConnections, acquireTimeoutMs, deadlineMs, nested } = plain;
  checkIsolation(isolation, maxConnections);
  // Which scopes hold what is known of one server only.
  if (options.cluster) check.value('nested', nested, check.oneOf('allow', 'forbid'));
  const retry = readRetry(options.retry, NO_RETRY);
  // `null` means "not given", as ioredis has it.
  const url = (options.url ?? undefined) === undefined ? undefined : readUrl('url', options.url);
  const redis = readRedisOptions('redis', options.redis, url !== undefined);
  return {
    ...plain,
    maxConnecting: plain.maxConnecting ?? maxConnections,
    redis,
    target: targetOf(url, redis),
    cluster: snapshot(readCluster(options)),
    pool: readPool(options, maxConnections),
    retry,
    observer: readObserver(options.observer),
    callDefaults: {
      label: undefined,
      signal: undefined,
      key: undefined,
      deadlineMs,
      acquireTimeoutMs,
      isolation,
      alone: undefined,
      retry,
    },
  };
}

function readObserver(observer: Observer | undefined): Observer | undefined {
  if (observer === undefined) return undefined;
  check.object('observer', observer);
  // An object of the caller's own may hold more than hooks.
  const named = Object.fromEntries(Object.entries(observer).filter(([name]) => name.startsWith('on')));
  check.knownKeys('observer.', named, OBSERVER_HOOKS);
  const given = OBSERVER_HOOKS.filter((hook) => observer[hook] !== undefined);
  for (const hook of given) check.value(`observer.${hook}`, observer[hook], check.FUNCTION);
  return Object.fromEntries(given.map((hook) => [hook, (observer[hook] as Hook).bind(observer)]));
}

type Hook = (event: unknown) => void;
