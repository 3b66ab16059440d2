import type { RedisOptions } from 'ioredis';
import type { Isolation } from '../core/call.js';
import { ConfigurationError } from '../core/errors.js';
import type { RetryPolicy } from '../core/retry.js';
import { OBSERVER_HOOKS, type Observer } from '../observe/events.js';
import type { PoolSettings } from '../pool/source.js';
import { type CallSettings, NO_RETRY, readIsolation, readRetry } from './call-settings.js';
import { type ClusterSettings, readCluster } from './cluster-options.js';
import type { Nested, WithRedisOptions } from './options.js';
import { readPool } from './pool-settings.js';
import { readRedisOptions } from './redis-options.js';
import { readUrl } from './redis-url.js';
import { snapshot } from './snapshot.js';
import { targetOf } from './target.js';
import * as check from './validation.js';

/** Options with every default filled in. */
export interface Settings {
  /** The caller's own, over whatever REDIS_URL says. */
  readonly redis: RedisOptions;
  /** What is dialled, where that is known: not with a factory, nor before REDIS_URL is read. */
  readonly target: RedisOptions | undefined;
  readonly connect: (() => unknown) | undefined;
  readonly cluster: ClusterSettings | undefined;
  readonly name: string;
  readonly pool: PoolSettings | undefined;
  readonly maxConnections: number;
  readonly maxConnecting: number;
  readonly maxPending: number;
  readonly acquireTimeoutMs: number;
  readonly deadlineMs: number;
  readonly releaseTimeoutMs: number;
  readonly retry: RetryPolicy;
  readonly observer: Observer | undefined;
  readonly isolation: Isolation;
  readonly nested: Nested;
  readonly leakThresholdMs: number;
  /** For a call without options of its own. */
  readonly callDefaults: CallSettings;
}

const OPTION_NAMES = [
  'url',
  'redis',
  'cluster',
  'connect',
  'name',
  'pool',
  'isolation',
  'maxConnections',
  'maxConnecting',
  'maxPending',
  'acquireTimeoutMs',
  'deadlineMs',
  'releaseTimeoutMs',
  'retry',
  'nested',
  'leakThresholdMs',
  'observer',
] as const satisfies readonly (keyof WithRedisOptions)[];

export function readOptions(options: WithRedisOptions = {}): Settings {
  readAsOptions(options);
  check.knownKeys('', options, OPTION_NAMES);
  const maxConnections = check.count('maxConnections', options.maxConnections, 10, 1);
  const pool = readPool(options, maxConnections);
  const acquireTimeoutMs = check.duration('acquireTimeoutMs', options.acquireTimeoutMs, 5_000);
  const deadlineMs = check.duration('deadlineMs', options.deadlineMs, 30_000);
  const retry = readRetry(options.retry, NO_RETRY);
  const isolation = readIsolation(options.isolation, 'exclusive', maxConnections);
  const url = isGiven(options.url) ? readUrl('url', options.url) : undefined;
  const redis = readRedisOptions('redis', options.redis, url !== undefined);
  return {
    redis,
    target: targetOf(url, redis),
    connect: check.fn('connect', options.connect),
    cluster: snapshot(readCluster(options)),
    name: check.connectionName('name', options.name ?? 'with-redis'),
    pool,
    maxConnections,
    maxConnecting: check.count('maxConnecting', options.maxConnecting, maxConnections, 1),
    maxPending: check.limit('maxPending', options.maxPending, 1_000),
    acquireTimeoutMs,
    deadlineMs,
    releaseTimeoutMs: check.duration('releaseTimeoutMs', options.releaseTimeoutMs, 1_000),
    retry,
    leakThresholdMs: check.duration('leakThresholdMs', options.leakThresholdMs, Number.POSITIVE_INFINITY),
    observer: readObserver(options.observer),
    isolation,
    nested: readNested(options),
    callDefaults: {
      label: undefined,
      signal: undefined,
      key: undefined,
      deadlineMs,
      acquireTimeoutMs,
      isolation,
      retry,
    },
  };
}

/** A URL is often handed over as it is. */
function readAsOptions(options: unknown): void {
  if (typeof options === 'string') {
    throw new ConfigurationError('options', 'must be an object; received a string; a URL goes into { url }');
  }
  check.object('options', options as object);
}

/** `null` means "not given", as ioredis has it. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

type Hook = (event: unknown) => void;

function readObserver(observer: Observer | undefined): Observer | undefined {
  if (observer === undefined) return undefined;
  check.object('observer', observer);
  // An object of the caller's own may hold more than hooks.
  const named = Object.fromEntries(Object.entries(observer).filter(([name]) => name.startsWith('on')));
  check.knownKeys('observer.', named, OBSERVER_HOOKS);
  const hooks = OBSERVER_HOOKS.map((hook) => [hook, check.fn(`observer.${hook}`, observer[hook])] as const);
  return Object.fromEntries(hooks.map(([hook, fn]) => [hook, (fn as Hook | undefined)?.bind(observer)]));
}

/** Which scopes hold what is known of one server only. */
function readNested({ nested, cluster }: WithRedisOptions): Nested {
  const choice = check.oneOf('nested', nested, ['allow', 'detect', 'reuse', 'forbid']);
  if (cluster && choice !== 'allow') check.oneOf('nested', choice, ['allow', 'forbid']);
  return choice;
}
