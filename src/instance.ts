import { Attempt, type ScopeBody } from './attempt.js';
import { borrowOwn } from './borrow.js';
import { isTraced, scopes, type TraceMessage, traceAcquire } from './channels.js';
import { Call } from './core/call.js';
import { ClosedError, ConfigurationError } from './core/errors.js';
import { notify } from './core/events.js';
import { Ledger } from './core/ledger.js';
import type { Outcome } from './core/outcome.js';
import { type Attempted, type RetryContext, type RetryPolicy, retrying } from './core/retry.js';
import { createEngine, type Engine, type Environment, realEnvironment } from './engine.js';
import { type Held, handOut } from './leak-watch.js';
import type { ActiveLease } from './lease.js';
import { enlist } from './live-instances.js';
import type { CallOptions } from './options.js';
import { captureOrigin } from './origin.js';
import { readCallOptions, type Settings } from './settings.js';
import { type CloseReport, shutDown } from './shutdown.js';
import type { Stats } from './stats.js';
import { runTransaction, type TransactionBody, type TransactionResult } from './transaction.js';
import * as check from './validation.js';

interface Begun {
  readonly call: Call;
  readonly engine: Engine;
  readonly retry: RetryPolicy;
  readonly now: number;
}

/** One set of options, and from the first call on one engine for it. */
export class Instance {
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #sleeping = new Set<Call>();
  #engine: Engine | undefined;
  #closing: Promise<CloseReport> | undefined;

  constructor(settings: Settings, environment: Environment = realEnvironment) {
    this.#settings = settings;
    this.#environment = environment;
    enlist(this, settings);
  }

  run<T>(label: string | undefined, fn: ScopeBody<T>, options?: CallOptions): Promise<Awaited<T>> {
    if (!isTraced(scopes)) return this.#run(label, fn, options);
    const { name, isolation } = { ...this.#settings, ...options };
    const message: TraceMessage = { name, isolation, label: label ?? options?.label, attempt: 1 };
    return scopes.tracePromise(() => this.#run(label, fn, options, message), message);
  }

  #run<T>(
    label: string | undefined,
    fn: ScopeBody<T>,
    options?: CallOptions,
    trace?: TraceMessage,
  ): Promise<Awaited<T>> {
    return new Promise((resolve, reject) => {
      if (typeof fn !== 'function') {
        throw new ConfigurationError('fn', `must be a function; received ${check.received(fn)}`);
      }
      const { call, engine, retry, now } = this.#begin(label, options);
      call.around = trace?.run;
      const finish = (outcome: Outcome<Awaited<T>>) => {
        call.end();
        if (trace) Object.assign(trace, { server: engine.server, attempt: call.attempt });
        if (outcome.ok) resolve(outcome.value);
        else reject(outcome.error);
      };
      if (retry.attempts === 1) new Attempt(engine, call, 1, fn, finish).start(now);
      else this.#repeat(call, engine, retry, fn).then(finish, reject);
    });
  }

  /** The lease and its handle, which from here on only the caller holds. */
  acquire(options?: CallOptions): Promise<Held> {
    return new Promise((resolve, reject) => {
      const { call, engine, now } = this.#begin(undefined, options);
      const end = <V>(settle: (value: V) => void) => {
        return (value: V) => {
          call.end();
          settle(value);
        };
      };
      const hold = (lease: ActiveLease) => resolve(handOut(engine, call, lease));
      borrowOwn(engine, call, now, traceAcquire(engine, call, now, { use: end(hold), fail: end(reject) }));
    });
  }

  transaction<T>(
    keys: readonly (string | Buffer)[],
    fn: TransactionBody<T>,
    options?: CallOptions,
  ): Promise<TransactionResult<Awaited<T>>> {
    return runTransaction((label, body, settings) => this.run(label, body, settings), keys, fn, options);
  }

  stats(): Stats {
    const { name, maxConnections: max } = this.#settings;
    const ledger = (this.#engine?.ledger ?? new Ledger()).snapshot();
    const connecting = this.#engine?.slots.connecting ?? 0;
    const { lender, shared } = this.#engine ?? {};
    const pending = (lender?.pending ?? 0) + (shared?.pending ?? 0);
    const sharing = shared?.current?.stats(this.#environment.clock.now());
    return {
      name,
      shared: sharing,
      size: ledger.idle + ledger.borrowed,
      connecting,
      pending,
      max,
      ...ledger,
    };
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
    this.#engine ??= createEngine(this.#settings, this.#environment);
    const engine = this.#engine;
    const now = engine.clock.now();
    const origin = engine.nesting?.admit(label ?? limits.label);
    const call = new Call(limits, label, engine.deadlines, now);
    call.origin = engine.leakThresholdMs === Number.POSITIVE_INFINITY ? origin : captureOrigin();
    return { call, engine, retry: limits.retry, now };
  }

  async #repeat<T>(
    call: Call,
    engine: Engine,
    retry: RetryPolicy,
    fn: ScopeBody<T>,
  ): Promise<Outcome<Awaited<T>>> {
    const once = (number: number) =>
      new Promise<Attempted<Awaited<T>>>((resolve) => {
        const attempt: Attempt<T> = new Attempt(
          engine,
          call,
          number,
          fn,
          (outcome) => resolve(attempt.judge(outcome)),
          true,
        );
        attempt.start(engine.clock.now());
      });
    try {
      return await retrying(call, retry, this.#retryContext(call, engine), once);
    } catch (error) {
      return { ok: false, error };
    }
  }

  #retryContext(call: Call, { ledger, clock, observer }: Engine): RetryContext {
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
    const forced = this.#engine ? await shutDown(this.#engine, deadlineMs) : [];
    return { drained: forced.length === 0, forced, tookMs: clock.now() - startedAt };
  }

  #closedError(label: string | undefined): ClosedError {
    return new ClosedError(this.#settings.name, { label });
  }
}
