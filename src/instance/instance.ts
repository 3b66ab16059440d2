import { Call } from '../core/call.js';
import { ClosedError, ConfigurationError } from '../core/errors.js';
import { outcomeOf } from '../core/outcome.js';
import { type Attempted, isHopeless, type RetryContext, type RetryPolicy, retrying } from '../core/retry.js';
import { followWait, isTraced, scopes, type TraceMessage } from '../observe/channels.js';
import { notify } from '../observe/events.js';
import { type Held, handOut } from '../observe/leak-watch.js';
import { captureOrigin } from '../observe/origin.js';
import type { CallOptions } from '../options/options.js';
import { readCallOptions, type Settings } from '../options/settings.js';
import * as check from '../options/validation.js';
import { Ledger } from '../pool/ledger.js';
import { type Backend, serverBackend } from '../server/backend.js';
import { giveBackUnused } from '../server/borrow.js';
import type { CloseReport } from '../server/close.js';
import { createEngine } from '../server/engine.js';
import { type Environment, realEnvironment } from '../server/environment.js';
import type { Stats } from '../server/stats.js';
import { attempt, type ScopeBody } from './attempt.js';
import { enlist } from './live-instances.js';
import { type Runner, runTransaction, type TransactionBody, type TransactionResult } from './transaction.js';

export type CreateBackend = (settings: Settings, environment: Environment) => Backend;

const createServerBackend: CreateBackend = (settings, environment) =>
  serverBackend(createEngine(settings, environment));

interface Begun {
  readonly call: Call;
  readonly backend: Backend;
  readonly retry: RetryPolicy;
  readonly now: number;
}

/** One set of options, and from the first call on one backend for it. */
export class Instance {
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #createBackend: CreateBackend;
  readonly #sleeping = new Set<Call>();
  #backend: Backend | undefined;
  #closing: Promise<CloseReport> | undefined;

  constructor(
    settings: Settings,
    environment: Environment = realEnvironment,
    createBackend: CreateBackend = createServerBackend,
  ) {
    this.#settings = settings;
    this.#environment = environment;
    this.#createBackend = createBackend;
    enlist(this, settings);
  }

  run<T>(label: string | undefined, fn: ScopeBody<T>, options?: CallOptions): Promise<Awaited<T>> {
    if (!isTraced(scopes)) return this.#run(label, fn, options);
    const { name, isolation } = { ...this.#settings, ...options };
    const message: TraceMessage = { name, isolation, label: label ?? options?.label, attempt: 1 };
    return scopes.tracePromise(() => this.#run(label, fn, options, message), message);
  }

  /** The lease and its handle, which from here on only the caller holds. */
  async acquire(options?: CallOptions): Promise<Held> {
    const { call, backend, now } = this.#begin(undefined, options);
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

  transaction<T>(
    keys: readonly (string | Buffer)[],
    fn: TransactionBody<T>,
    options?: CallOptions,
  ): Promise<TransactionResult<Awaited<T>>> {
    const runner: Runner = {
      run: (body, settings) => this.run(undefined, body, settings),
      checkTogether: () => this.#connect().checkTogether(keys),
    };
    return runTransaction(runner, keys, fn, options);
  }

  stats(): Stats {
    const { name, maxConnections: max } = this.#settings;
    const unused = { ...new Ledger().snapshot(), connecting: 0, pending: 0, max };
    const stats = this.#backend?.stats() ?? unused;
    return { name, size: stats.idle + stats.borrowed, ...stats };
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  close(deadlineMs: number): Promise<CloseReport> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** Refuses what need not begin. */
  #begin(label: string | undefined, options: CallOptions | undefined): Begun {
    const { callDefaults } = this.#settings;
    const limits = options ? readCallOptions(this.#settings, label, options) : callDefaults;
    if (this.#closing) throw this.#closedError(label ?? limits.label);
    if (limits.signal?.aborted) throw limits.signal.reason;
    const backend = this.#connect();
    const now = backend.clock.now();
    const origin = backend.nesting?.admit(label ?? limits.label);
    const call = new Call(limits, label, backend.deadlines, now);
    call.origin = backend.leakThresholdMs === Number.POSITIVE_INFINITY ? origin : captureOrigin();
    return { call, backend, retry: limits.retry, now };
  }

  #connect(): Backend {
    this.#backend ??= this.#createBackend(this.#settings, this.#environment);
    return this.#backend;
  }

  /** Async functions cost a promise more, and most calls are over at once. */
  #run<T>(
    label: string | undefined,
    fn: ScopeBody<T>,
    options?: CallOptions,
    trace?: TraceMessage,
  ): Promise<Awaited<T>> {
    try {
      if (typeof fn !== 'function') {
        throw new ConfigurationError('fn', `must be a function; received ${check.received(fn)}`);
      }
      const { call, backend, retry, now } = this.#begin(label, options);
      call.around = trace?.run;
      const result =
        retry.attempts === 1
          ? attempt(backend, call, fn, now, false)
          : this.#repeat(call, backend, retry, fn);
      const tell = () =>
        Object.assign(trace as TraceMessage, { server: backend.server, attempt: call.attempt });
      if (trace) result.then(tell, tell);
      return result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #repeat<T>(call: Call, backend: Backend, retry: RetryPolicy, fn: ScopeBody<T>): Promise<Awaited<T>> {
    const once = async (number: number): Promise<Attempted<Awaited<T>>> => {
      call.attempt = number;
      call.repeatable = true;
      const outcome = await outcomeOf(attempt(backend, call, fn, backend.clock.now(), true));
      return {
        outcome,
        safe: call.repeatable,
        hopeless: !outcome.ok && isHopeless(outcome.error),
      };
    };
    try {
      const outcome = await retrying(call, retry, this.#retryContext(call, backend), once);
      if (!outcome.ok) throw outcome.error;
      return outcome.value;
    } finally {
      call.end();
    }
  }

  #retryContext(call: Call, { ledger, clock, observer }: Backend): RetryContext {
    const { label } = call;
    return {
      clock,
      random: this.#environment.random,
      sleeping: this.#sleeping,
      onRetry: (attempt, delayMs, outcome) => {
        ledger.retries += 1;
        notify(observer, 'onRetry', () => ({ label, attempt, delayMs, outcome }));
        if (this.#closing) call.stop(this.#closedError(label), 'closed');
      },
    };
  }

  async #close(deadlineMs: number): Promise<CloseReport> {
    const { clock } = this.#environment;
    const startedAt = clock.now();
    for (const call of this.#sleeping) call.stop(this.#closedError(call.label), 'closed');
    const forced = (await this.#backend?.shutDown(deadlineMs)) ?? [];
    return { drained: forced.length === 0, forced, tookMs: clock.now() - startedAt };
  }

  #closedError(label: string | undefined): ClosedError {
    return new ClosedError(this.#settings.name, { label });
  }
}
