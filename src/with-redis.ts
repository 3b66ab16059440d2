import type { Isolation } from './core/call.js';
import type { ScopedRedis, SharedRedis, StandingRedis } from './handle/scoped-redis.js';
import { DefaultInstance } from './instance/default-instance.js';
import { Instance } from './instance/instance.js';
import { REPLACE, type Replace } from './instance/means.js';
import type { Request } from './instance/request.js';
import type { Scope } from './instance/scope.js';
import { runTransaction, type TransactionBody, type TransactionResult } from './instance/transaction.js';
import type { Lease } from './lease/lease.js';
import type { CallOptions, CloseOptions, WithRedisOptions } from './options/options.js';
import { readOptions } from './options/settings.js';
import type { CloseReport } from './server/backend.js';
import type { Stats } from './server/stats.js';

/**
 * The function that a scope runs. It may be synchronous, asynchronous, or return any thenable. `S` is known to it alone, so
 * that its connection cannot be returned; a pipeline that is returned is dead. Where the isolation is `shared`, or one of two
 * of which that is one, the client is that of a shared scope.
 */
export type ScopeFunction<T, I extends Isolation = 'exclusive'> = <S>(
  redis: 'shared' extends I ? ('exclusive' extends I ? ScopedRedis<S> : SharedRedis<S>) : ScopedRedis<S>,
  scope: Scope,
) => T;

/**
 * Lends a Redis connection to a function for as long as the function runs, and takes it back whatever happens.
 *
 * @example
 * ```ts
 * import { createWithRedis } from 'with-redis';
 *
 * const cache = createWithRedis({ pool: true, maxConnections: 10 });
 * const price = await cache((redis) => redis.get('price'), { deadlineMs: 500 });
 * await cache.close();
 * ```
 */
export interface WithRedis<I extends Isolation = 'exclusive'> extends AsyncDisposable {
  // With a label first: TypeScript 7 tells of the last overload alone, and most calls mean that (test/README.md has the sizes).
  /**
   * Runs one scope, with a label for stats, errors and events: resolves to what `fn` returns, rejects with what it
   * throws, by identity, after the connection has been released.
   *
   * An abort of `signal` ends the call at once with `signal.reason`; the connection is closed, for a command may still
   * be running on it. A blocking command is let go of first, so that it loses nothing.
   *
   * @throws {ConfigurationError} An option or argument cannot be used.
   * @throws {ConnectError} No connection could be opened.
   * @throws {AcquireTimeoutError} No connection was free within `acquireTimeoutMs`.
   * @throws {QueueFullError} `maxPending` scopes wait already.
   * @throws {DeadlineExceededError} The call took longer than `deadlineMs`.
   * @throws {NestedScopeError} It would wait for ever inside another scope, or `nested` forbids it.
   * @throws {ClosedError} The instance was closed.
   */
  <T, C extends Isolation = I>(
    label: string,
    fn: ScopeFunction<T, C>,
    options?: CallOptions & { readonly isolation?: C | undefined },
  ): Promise<Awaited<T>>;
  /**
   * Runs one scope: resolves to what `fn` returns, rejects with what it throws, by identity, after the connection has
   * been released. Else it rejects with `signal.reason`, or a `ConnectError`, `AcquireTimeoutError`, `QueueFullError`,
   * `DeadlineExceededError`, `NestedScopeError`, `ConfigurationError` or `ClosedError`.
   */
  <T, C extends Isolation = I>(
    fn: ScopeFunction<T, C>,
    options?: CallOptions & { readonly isolation?: C | undefined },
  ): Promise<Awaited<T>>;
  /**
   * Borrows a connection of its own, whatever the isolation, until `release`, `destroy` or the end of an `await using`
   * block. Signal and deadline end with the wait.
   *
   * @throws As a call, and `signal.reason` where the signal aborts while it waits.
   */
  acquire(options?: CallOptions): Promise<Lease>;
  /**
   * A client for old code, and for libraries that want one: each command, pipeline, transaction in one piece, script and
   * page of a scan is a scope of its own, with the isolation, limits and guarantees of the instance. Blocking commands get
   * a connection of their own while they block. The same object for as long as the instance lives; nothing connects before
   * its first command.
   *
   * WATCH, MULTI kept open, SELECT, SUBSCRIBE and whatever else would span calls rejects with `StatefulCommandError`, and
   * so do `quit`, `disconnect` and `duplicate`; after `close()` everything rejects with `ClosedError`. Its commands reject
   * as a call does (`AcquireTimeoutError`, `ConnectError` …); a rejection nobody looks at ends no process.
   *
   * @example
   * ```ts
   * import { createWithRedis } from 'with-redis';
   *
   * const cache = createWithRedis({ pool: true });
   * await cache.redis.set('price', '42', 'EX', 60);
   * console.log(await cache.redis.get('price'));
   * await cache.close();
   * ```
   */
  readonly redis: StandingRedis;
  /**
   * Optimistic locking: watches `keys`, lets `fn` read with `redis` and queue writes on `multi`, and executes them if no
   * key has changed meanwhile, else runs `fn` again. Always on a connection of its own.
   *
   * `retry` is for conflicts: up to 10 attempts with full jitter, unless it says otherwise. What `fn` writes with `redis` is
   * done at once, and again in each attempt: it belongs on `multi`, whose EXEC comes once, from here.
   *
   * @throws {ConflictError} The keys changed during every attempt. Nothing that was queued was done.
   * @throws {ConfigurationError} `fn` has ended the WATCH itself, by EXEC, DISCARD, UNWATCH or RESET. Nothing that was queued was done.
   * @throws A reply that is an error; the other commands were done, for Redis does not roll back.
   *
   * @example
   * ```ts
   * import { createWithRedis } from 'with-redis';
   *
   * const shop = createWithRedis({ pool: true });
   * const { value } = await shop.transaction(['stock'], async (redis, multi) => {
   *   const left = Number(await redis.get('stock'));
   *   if (left > 0) multi.decr('stock');
   *   return left > 0;
   * });
   * console.log(value ? 'reserved' : 'sold out');
   * await shop.close();
   * ```
   */
  transaction<T>(
    keys: readonly (string | Buffer)[],
    fn: TransactionBody<T>,
    options?: CallOptions,
  ): Promise<TransactionResult<Awaited<T>>>;
  /** What is now, and counters since the instance was made. A snapshot; cheap enough for each scrape of a metric. */
  stats(): Stats;
  /**
   * Takes no more calls, and refuses those that wait. Those that run may finish, also if they need one more connection for
   * it; after `deadlineMs` they are ended by force. Later calls get the same report.
   */
  close(options?: CloseOptions): Promise<CloseReport>;
}

/**
 * Makes an instance. Nothing connects before the first call. One for a service, closed when the service stops.
 *
 * @throws {ConfigurationError} At once, with the option's name and what was received.
 */
export function createWithRedis<I extends Isolation = 'exclusive'>(
  options?: WithRedisOptions & { readonly isolation?: I | undefined },
): WithRedis<I> {
  const instance = new Instance(readOptions(options));
  return toCallable({ current: instance, last: instance }) as unknown as WithRedis<I>;
}

/**
 * The default instance: `REDIS_URL`, read at the first call; a connection for each call, closed at its end. One for the
 * process, however often this module is loaded. For scripts and rare calls; a service makes one with a pool.
 *
 * @example
 * ```ts
 * import { withRedis } from 'with-redis';
 *
 * const price = await withRedis((redis) => redis.get('price'));
 * ```
 */
export const withRedis: WithRedis = /* @__PURE__ */ toCallable(
  /* @__PURE__ */ new DefaultInstance(/* @__PURE__ */ readOptions()),
);

/** Which instance a call goes to, and which one is closed. */
interface Target {
  readonly current: Instance;
  readonly last: Instance;
}

/** Each function hands itself on: it is where stacks begin. */
function toCallable(target: Target): WithRedis {
  const run = (first: unknown, second?: unknown, third?: unknown) =>
    target.current.run(
      (typeof first === 'string'
        ? { label: first, fn: second, options: third, entry: run }
        : { fn: first, options: second, entry: run }) as Request<unknown>,
    );
  const acquire = (acquiring?: CallOptions) => target.current.acquire(acquiring, acquire);
  const transaction = <T>(
    keys: readonly (string | Buffer)[],
    fn: TransactionBody<T>,
    transacting?: CallOptions,
  ) => runTransaction(target.current, keys, fn, transacting, transaction);
  const close = (closing?: CloseOptions) => target.last.close(closing);
  const callable = Object.assign(run, {
    acquire,
    transaction,
    stats: () => target.current.stats(),
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
  });
  const redis = { get: () => target.current.redis, enumerable: true };
  const replace: Replace = (connect) => target.current.replace(connect);
  return Object.defineProperties(callable, { redis, [REPLACE]: { value: replace } }) as unknown as WithRedis;
}
