import { UNLIMITED } from '../core/clock.js';
import { closedError } from '../core/errors.js';
import { captureOrigin, type Entry } from '../core/origin.js';
import { noop } from '../core/outcome.js';
import type { StandingRedis } from '../handle/scoped-redis.js';
import { handOut } from '../lease/hand-out.js';
import type { Lease } from '../lease/lease.js';
import { giveBackUnused } from '../lease/unused.js';
import { followWait, isTraced, scopes, type TraceMessage } from '../observe/channels.js';
import { readCallOptions } from '../options/call-settings.js';
import type { CallOptions, CloseOptions } from '../options/options.js';
import type { Settings } from '../options/settings.js';
import * as check from '../options/validation.js';
import { Ledger } from '../pool/ledger.js';
import type { Backend, CloseReport } from '../server/backend.js';
import { type Environment, realEnvironment } from '../server/environment.js';
import type { Stats } from '../server/stats.js';
import { attempt, ScopeCall } from './attempt.js';
import { enlist } from './live-instances.js';
import { backendOf, closeMeans, ReplaceableMeans } from './means.js';
import { repeat } from './repeat.js';
import type { Request, Runner } from './request.js';
import { createStandingClient } from './standing-client.js';

/** One attempt, or as many as it may take. */
function runScope<T>(call: ScopeCall<T>, now: number): Promise<Awaited<T>> {
  return call.limits.retry.attempts > 1 ? repeat(call) : attempt(call, now);
}

/** One set of options, and from the first call on one backend for it. */
export class Instance implements Runner {
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

  /** Async functions cost a promise more, and most calls are over at once. */
  run<T>(request: Request<T>): Promise<Awaited<T>> {
    if (isTraced(scopes)) return this.#runTraced(request);
    try {
      const now = this.#environment.clock.now();
      return runScope(this.#begin(request, now), now);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The lease and its handle, which from here on only the caller holds. */
  async acquire(options?: CallOptions, entry: Entry = this.acquire): Promise<Lease> {
    const now = this.#environment.clock.now();
    const call = this.#begin({ fn: noop, options, entry, alone: true }, now);
    const { backend } = call;
    const wait = followWait(backend, call, now);
    try {
      const lease = await backend.borrow(call, now);
      wait?.granted();
      const held = handOut(backend, call, lease);
      return call.stopped ? await giveBackUnused(lease, call.stopped) : held;
    } catch (error) {
      wait?.fail(error);
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

  checkTogether(keys: readonly (string | Buffer)[], label?: string): void {
    this.#connect().checkTogether(keys, label);
  }

  stats(): Stats {
    const { name, maxConnections: max } = this.settings;
    const { backend } = this.#means.current;
    const stats = backend?.stats() ?? { ...new Ledger().snapshot(), connecting: 0, pending: 0, max };
    return { name, size: stats.idle + stats.borrowed, ...stats };
  }

  /** Takes no calls. */
  get closed(): boolean {
    return this.#means.current.closing !== undefined;
  }

  /** Closed itself, and not what stood in for its connections. */
  get retired(): boolean {
    return this.#means.own.closing !== undefined;
  }

  /** Rejects, and nothing is closed, where the options cannot be used. */
  close(options: CloseOptions = {}): Promise<CloseReport> {
    try {
      check.object('options', options);
      const kinds = { deadlineMs: check.DURATION };
      const { deadlineMs } = check.options('', options, kinds, { deadlineMs: 5_000 });
      return closeMeans(this.#means.current, deadlineMs, this.#environment.clock);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Refuses what need not begin. */
  #begin<T>({ label, fn, bare, options, entry, alone }: Request<T>, now: number): ScopeCall<T> {
    if (typeof fn !== 'function') check.value('fn', fn, check.FUNCTION);
    const means = this.#means.current;
    const { settings } = means;
    if (label !== undefined) check.value('label', label, check.LABEL);
    const read = options ? readCallOptions(settings, label, options) : settings.callDefaults;
    const limits = alone ? { ...read, isolation: 'exclusive' as const, alone } : read;
    const named = { label: label ?? limits.label };
    if (means.closing) throw closedError(settings.name)(named);
    if (limits.signal?.aborted) throw limits.signal.reason;
    const backend = means.backend ?? this.#connect();
    const origin = backend.nesting?.admit(named.label, entry);
    const call = new ScopeCall(limits, label, now, backend, means, fn, bare);
    call.origin = backend.leakThresholdMs === UNLIMITED ? origin : captureOrigin(entry);
    call.entry = entry;
    return call;
  }

  #connect(): Backend {
    const { current, own } = this.#means;
    if (current === own && !own.backend) enlist(this, own.settings);
    return backendOf(current, this.#environment);
  }

  #runTraced<T>(request: Request<T>): Promise<Awaited<T>> {
    const { label = request.options?.label, options, alone } = request;
    const { name, isolation: usual } = this.settings;
    const isolation = alone ? 'exclusive' : (options?.isolation ?? usual);
    const message: TraceMessage = { name, isolation, label, attempt: 1 };
    return scopes.tracePromise(async (): Promise<Awaited<T>> => {
      const now = this.#environment.clock.now();
      const call = this.#begin(request, now);
      call.around = message.run;
      try {
        return await runScope(call, now);
      } finally {
        Object.assign(message, { server: call.backend.server, attempt: call.attempt });
      }
    }, message);
  }
}
