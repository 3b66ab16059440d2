import { ClusterBackend } from '../cluster/cluster-backend.js';
import { Call } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { captureOrigin, type Entry } from '../core/origin.js';
import { noop } from '../core/outcome.js';
import { createHandle } from '../handle/handle.js';
import type { StandingRedis } from '../handle/scoped-redis.js';
import { type HandHeld, handOut } from '../lease/hand-out.js';
import { giveBackUnused } from '../lease/unused.js';
import { followWait, isTraced, scopes, type TraceMessage } from '../observe/channels.js';
import { readCallOptions } from '../options/call-settings.js';
import type { CallOptions, CloseOptions } from '../options/options.js';
import type { Settings } from '../options/settings.js';
import * as check from '../options/validation.js';
import { Ledger } from '../pool/ledger.js';
import type { Backend, CloseReport, CreateBackend } from '../server/backend.js';
import { type Environment, realEnvironment } from '../server/environment.js';
import { ServerBackend } from '../server/server-backend.js';
import type { Stats } from '../server/stats.js';
import type { Begun, Body, ScopeBody } from './attempt.js';
import { enlist } from './live-instances.js';
import { closedError, closeMeans, ReplaceableMeans } from './means.js';
import { runScope } from './repeat.js';
import { createStandingClient } from './standing-client.js';
import { type Runner, runTransaction, type TransactionBody, type TransactionResult } from './transaction.js';

/** Limit of a drain where `close()` is given none, in ms. */
const DRAIN_MS = 5_000;

const createBackend: CreateBackend = (settings, environment) =>
  settings.cluster ? new ClusterBackend(settings, environment) : new ServerBackend(settings, environment);

/** One set of options, and from the first call on one backend for it. */
export class Instance {
  readonly #environment: Environment;
  readonly #means: ReplaceableMeans;
  #standing: StandingRedis | undefined;

  constructor(settings: Settings, environment: Environment = realEnvironment) {
    this.#environment = environment;
    this.#means = new ReplaceableMeans(settings);
  }

  get settings(): Settings {
    return this.#means.current.settings;
  }

  /** Until what is returned is called, connections come from `connect`, and what closes is what stands in. */
  replace(connect: () => unknown): () => Promise<void> {
    return this.#means.replace(connect, this.#environment.clock);
  }

  /** @param entry The function that the user called: stacks begin above it. */
  run<T>(
    label: string | undefined,
    fn: ScopeBody<T>,
    options?: CallOptions,
    entry: Entry = this.run,
  ): Promise<Awaited<T>> {
    const lend: Body<T> = (lease, scope) => fn(createHandle(lease, lease.connection), scope);
    // What is no function is told of as it is.
    return this.#run(label, typeof fn === 'function' ? lend : fn, options, entry);
  }

  /** A scope that needs no handle: it sends with the lease itself. */
  send<T>(body: Body<T>, options: CallOptions | undefined, entry: Entry): Promise<Awaited<T>> {
    return this.#run(undefined, body, options, entry);
  }

  /** The lease and its handle, which from here on only the caller holds. */
  async acquire(options?: CallOptions, entry: Entry = this.acquire): Promise<HandHeld> {
    const { call, backend, now } = this.#begin(undefined, noop, options, entry);
    const wait = followWait(backend, call, now);
    try {
      const lease = await backend.borrowOwn(call, now);
      wait?.granted();
      if (call.stopped) return await giveBackUnused(lease, call.stopped);
      return handOut(backend, call, lease);
    } catch (error) {
      wait?.failed(error);
      throw error;
    } finally {
      call.end();
    }
  }

  /** A client for as long as this lives; nothing connects before its first command. */
  get redis(): StandingRedis {
    this.#standing ??= createStandingClient(this.#means.own.settings, this);
    return this.#standing;
  }

  transaction<T>(
    keys: readonly (string | Buffer)[],
    fn: TransactionBody<T>,
    options?: CallOptions,
    entry: Entry = this.transaction,
  ): Promise<TransactionResult<Awaited<T>>> {
    const runner: Runner = {
      run: (body, settings) => this.run(undefined, body, settings, entry),
      checkTogether: () => this.#connect().checkTogether(keys),
    };
    return runTransaction(runner, keys, fn, options);
  }

  stats(): Stats {
    const { name, maxConnections: max } = this.settings;
    const { backend } = this.#means.current;
    const stats = backend?.stats() ?? { ...new Ledger().snapshot(), connecting: 0, pending: 0, max };
    return { name, size: stats.idle + stats.borrowed, ...stats };
  }

  get closed(): boolean {
    return this.#means.current.closing !== undefined;
  }

  /** Rejects, and nothing is closed, where the options cannot be used. */
  close(options: CloseOptions = {}): Promise<CloseReport> {
    try {
      check.object('options', options);
      check.knownKeys('', options, ['deadlineMs']);
      const deadlineMs = check.duration('deadlineMs', options.deadlineMs, DRAIN_MS);
      return closeMeans(this.#means.current, deadlineMs, this.#environment.clock);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Refuses what need not begin. */
  #begin<T>(
    label: string | undefined,
    body: Body<T>,
    options: CallOptions | undefined,
    entry: Entry,
  ): Begun<T> {
    if (typeof body !== 'function') {
      throw new ConfigurationError('fn', `must be a function; received ${check.described(body)}`);
    }
    const means = this.#means.current;
    const { settings } = means;
    if (label !== undefined) check.label('label', label);
    const limits = options ? readCallOptions(settings, label, options) : settings.callDefaults;
    if (means.closing) throw closedError(means, label ?? limits.label);
    if (limits.signal?.aborted) throw limits.signal.reason;
    const backend = means.backend ?? this.#connect();
    const now = backend.clock.now();
    const origin = backend.nesting?.admit(label ?? limits.label, entry);
    const call = new Call(limits, label, backend.deadlines, now);
    call.origin = backend.leakThresholdMs === UNLIMITED ? origin : captureOrigin(entry);
    call.entry = entry;
    return { call, backend, means, retry: limits.retry, random: this.#environment.random, now, body };
  }

  /** Async functions cost a promise more, and most calls are over at once. */
  #run<T>(
    label: string | undefined,
    body: Body<T>,
    options: CallOptions | undefined,
    entry: Entry,
  ): Promise<Awaited<T>> {
    if (isTraced(scopes)) return this.#runTraced(label, body, options, entry);
    try {
      return runScope(this.#begin(label, body, options, entry));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #connect(): Backend {
    const means = this.#means.current;
    if (means.backend) return means.backend;
    means.backend = createBackend(means.settings, this.#environment);
    if (means === this.#means.own) enlist(this, means.settings);
    return means.backend;
  }

  #runTraced<T>(
    label: string | undefined,
    body: Body<T>,
    options: CallOptions | undefined,
    entry: Entry,
  ): Promise<Awaited<T>> {
    const { name, isolation } = { ...this.settings, ...options };
    const message: TraceMessage = { name, isolation, label: label ?? options?.label, attempt: 1 };
    return scopes.tracePromise(async (): Promise<Awaited<T>> => {
      const begun = this.#begin(label, body, options, entry);
      const { backend, call } = begun;
      call.around = message.run;
      try {
        return await runScope(begun);
      } finally {
        Object.assign(message, { server: backend.server, attempt: call.attempt });
      }
    }, message);
  }
}
