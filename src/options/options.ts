import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import type { Jitter } from '../core/backoff.js';
import type { Isolation, RouteKey } from '../core/call.js';
import type { Outcome } from '../core/outcome.js';
import type { Observer } from '../observe/events.js';

/**
 * What becomes of a scope that is opened inside a scope of the same instance. `allow`: it gets a connection of its own,
 * and a deadlock ends at `acquireTimeoutMs`. `detect`: a deadlock is refused at once with `NestedScopeError`. `reuse`: it
 * gets the connection of the outer scope. `forbid`: it is refused with `NestedScopeError`.
 */
export type Nested = 'allow' | 'detect' | 'reuse' | 'forbid';

/** How connections are kept between scopes. */
export interface PoolOptions {
  /** Connections kept although idle, from the first call on: 0 to `maxConnections`. Default 0. */
  readonly minIdle?: number | undefined;
  /** An idle connection is closed after this, in ms. Default 30_000. */
  readonly idleTimeoutMs?: number | undefined;
  /** A connection is closed at its next return or look after this, in ms, less up to 10 % by chance. Default 1_800_000. */
  readonly maxLifetimeMs?: number | undefined;
  /** An idle connection is asked to answer before it is lent if it was idle for longer, in ms. Default 1_000. */
  readonly validateAfterIdleMs?: number | undefined;
  /** Which idle connection is lent first. Default `'lifo'`, which lets the surplus go idle and close. */
  readonly order?: 'lifo' | 'fifo' | undefined;
}

/** Whether and when a function runs again. No connection is held between two attempts. */
export interface RetryOptions {
  /** Calls of `fn` at most, the first included: a whole number from 1, or `Infinity`. Default 1. */
  readonly attempts?: number | undefined;
  /** Wait after the first attempt, in ms. Default 100. */
  readonly delayMs?: number | undefined;
  /** Longest wait, in ms. Default 5_000. */
  readonly maxDelayMs?: number | undefined;
  /** Each wait is this many times the one before, at least 1. Default 2. */
  readonly factor?: number | undefined;
  /** `'full'`: each wait is anything from none to all of it, so that many processes do not retry in step. Default `'none'`. */
  readonly jitter?: Jitter | undefined;
  /**
   * Decides whether to try again, from a value or an error, at once: one that is async is refused with a ConfigurationError.
   * Not called after the last attempt, nor where trying again cannot help.
   */
  readonly when?: ((outcome: Outcome<unknown>, attempt: number) => boolean) | undefined;
  /**
   * `fn` may run twice. Without it only an attempt that cannot have changed anything is repeated, by the commands of its own
   * connection: what `fn` does elsewhere, in calls of its own inside or over HTTP, is not known of, and done again.
   */
  readonly idempotent?: boolean | undefined;
}

/** Options of one call, over those of the instance. */
export interface CallOptions {
  /** Ends the call at once; the call rejects with `signal.reason`, by identity. */
  readonly signal?: AbortSignal | undefined;
  /** A name for stats, errors and events. */
  readonly label?: string | undefined;
  /** Limit of the whole call in ms: every attempt, wait and backoff. Default 30_000. */
  readonly deadlineMs?: number | undefined;
  /** Limit of waiting and connecting in ms, for each attempt. Default 5_000. */
  readonly acquireTimeoutMs?: number | undefined;
  /** Over that of the instance, setting by setting; a number is that of `attempts`. */
  readonly retry?: RetryOptions | number | undefined;
  /** Default: that of the instance. */
  readonly isolation?: Isolation | undefined;
  /**
   * In a cluster the data that the scope is about, by a key or by `{ slot }` from 0 to 16383: an exclusive scope gets a
   * connection to the node that owns it. Needed there for exclusive scopes, and of no effect elsewhere.
   */
  readonly key?: RouteKey | undefined;
}

/** Options of `close()`. */
export interface CloseOptions {
  /** How long scopes may go on before they are ended by force, in ms. Default 5_000. */
  readonly deadlineMs?: number | undefined;
}

/** Options of an instance. Durations are in ms and positive; `Infinity` switches a limit off. */
export interface WithRedisOptions {
  /** `redis://`, `rediss://`, or the path of a unix socket. Default: `process.env.REDIS_URL`, read at the first call. */
  readonly url?: string | undefined;
  /** ioredis options, over those of `url`. Reconnecting, resending and queueing while offline stay off. */
  readonly redis?: RedisOptions | undefined;
  /**
   * Redis Cluster, instead of `url` and `connect`. `maxConnections`, `maxPending` and `pool` count for each node.
   * `nodes`: some of them, as ioredis takes them; the others are found. `options`: ioredis's own; of these count
   * `redisOptions`, `keyPrefix`, `scripts`, `natMap`, and `slotsRefreshTimeout` (default 1_000 ms for each node asked).
   */
  readonly cluster?:
    | {
        readonly nodes: readonly ClusterNode[];
        readonly options?: ClusterOptions;
      }
    | undefined;
  /** Makes a new client for each connection, which this package then owns and closes. */
  readonly connect?: (() => unknown) | undefined;
  /** Name in stats, errors and CLIENT LIST. Default `'with-redis'`. */
  readonly name?: string | undefined;
  /**
   * Keep connections between scopes. Default `false`: each scope opens one and closes it; `true` where `isolation` is
   * `'shared'` or `'auto'`.
   */
  readonly pool?: boolean | PoolOptions | undefined;
  /** Who may use a connection at the same time. Default `'exclusive'`. */
  readonly isolation?: Isolation | undefined;
  /** Hard bound on sockets of this instance, those being opened or closed included: a whole number from 1. Default 10. */
  readonly maxConnections?: number | undefined;
  /** Dials at once. Default: `maxConnections`. */
  readonly maxConnecting?: number | undefined;
  /** Waiting scopes; the next one fails at once with `QueueFullError`. From 0, or `Infinity`. Default 1_000. */
  readonly maxPending?: number | undefined;
  /** Limit of waiting and connecting in ms, handshake included, for each attempt. Default 5_000. */
  readonly acquireTimeoutMs?: number | undefined;
  /** Limit of a whole call in ms: every attempt, wait and backoff. Default 30_000. */
  readonly deadlineMs?: number | undefined;
  /** Limit of a graceful release in ms, before force. Default 1_000. */
  readonly releaseTimeoutMs?: number | undefined;
  /** Default: one attempt. A number is that of `attempts`. */
  readonly retry?: RetryOptions | number | undefined;
  /** Default `'allow'`; the others follow scopes with AsyncLocalStorage. */
  readonly nested?: Nested | undefined;
  /** Report a lease that is held longer to `observer.onLeak`, in ms, with the stack of whoever asked. Default: off. */
  readonly leakThresholdMs?: number | undefined;
  /** Hooks for logs and metrics; one that throws harms nothing. Default: none. */
  readonly observer?: Observer | undefined;
}
