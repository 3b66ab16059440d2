import { Call } from './core/call.js';
import { ClosedError, ConfigurationError, ConnectError } from './core/errors.js';
import { notify } from './core/events.js';
import { Ledger, type LedgerSnapshot } from './core/ledger.js';
import { type Attempted, type RetryContext, retrying } from './core/retry.js';
import { createEngine, type Engine, type Environment, realEnvironment } from './engine.js';
import { ActiveLease } from './lease.js';
import type { CallOptions } from './options.js';
import { runScope, type Scope } from './scope.js';
import type { ScopedRedis } from './scoped-client.js';
import { type CallSettings, readCallOptions, type Settings } from './settings.js';
import { type CloseReport, shutDown } from './shutdown.js';
import * as check from './validation.js';

/** A snapshot; `created = idle + borrowed + destroyed`, always. */
export interface Stats extends LedgerSnapshot {
  readonly name: string;
  /** Connections that exist: idle and borrowed. */
  readonly size: number;
  readonly connecting: number;
  readonly pending: number;
  readonly max: number;
}

/** Limit of a drain where `close()` is given none, in ms. */
const DRAIN_MS = 5_000;

type ScopeFunction<T> = (redis: ScopedRedis, scope: Scope) => T;

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
  }

  async run<T>(
    label: string | undefined,
    fn: ScopeFunction<T>,
    options: CallOptions | undefined,
  ): Promise<Awaited<T>> {
    if (typeof fn !== 'function') {
      throw new ConfigurationError('fn', `must be a function; received ${check.received(fn)}`);
    }
    const limits = readCallOptions(this.#settings, label, options);
    const engine = this.#begin(limits);
    const call = new Call(limits, engine.clock);
    try {
      const outcome = await retrying(call, limits.retry, this.#retryContext(call, engine), (attempt) =>
        this.#attempt(engine, call, attempt, fn),
      );
      if (outcome.ok) return outcome.value;
      throw outcome.error;
    } finally {
      call.end();
    }
  }

  async acquire(options: CallOptions | undefined): Promise<ActiveLease> {
    const limits = readCallOptions(this.#settings, undefined, options);
    const engine = this.#begin(limits);
    const call = new Call(limits, engine.clock);
    try {
      const lease = await this.#borrow(engine, call);
      lease.onForce = () => void lease.destroy('closed');
      return lease;
    } finally {
      call.end();
    }
  }

  stats(): Stats {
    const { name, maxConnections: max } = this.#settings;
    const ledger = (this.#engine?.ledger ?? new Ledger()).snapshot();
    const connecting = this.#engine?.slots.connecting ?? 0;
    const pending = this.#engine?.lender.pending ?? 0;
    return {
      name,
      size: ledger.idle + ledger.borrowed,
      connecting,
      pending,
      max,
      ...ledger,
    };
  }

  close(deadlineMs = DRAIN_MS): Promise<CloseReport> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** Refuses what need not begin. */
  #begin({ label, signal }: CallSettings): Engine {
    if (this.#closing) throw this.#closedError(label);
    if (signal?.aborted) throw signal.reason;
    this.#engine ??= createEngine(this.#settings, this.#environment);
    return this.#engine;
  }

  async #attempt<T>(
    engine: Engine,
    call: Call,
    attempt: number,
    fn: ScopeFunction<T>,
  ): Promise<Attempted<Awaited<T>>> {
    let lease: ActiveLease;
    try {
      lease = await this.#borrow(engine, call);
    } catch (error) {
      return {
        outcome: { ok: false, error },
        safe: true,
        hopeless: isHopeless(error),
      };
    }
    const outcome = await runScope(call, lease, attempt, fn);
    if (outcome.ok) return { outcome, safe: false, hopeless: false };
    const { error } = outcome;
    lease.session.explain(error);
    return { outcome, safe: lease.session.state.repeatable(error), hopeless: isHopeless(error) };
  }

  /** A call that was stopped between being granted a connection and using it gives it back unused. */
  async #borrow(engine: Engine, call: Call): Promise<ActiveLease> {
    const { clock } = engine;
    const since = clock.now();
    call.phase = 'wait';
    const loan = await engine.lender.acquire(call);
    const lease = new ActiveLease(engine, loan, this.#settings);
    if (call.stopped) {
      await lease.release();
      throw call.stopped.error;
    }
    const { label } = call;
    notify(this.#settings.observer, 'onAcquire', () => ({
      label,
      waitMs: clock.now() - since,
    }));
    return lease;
  }

  #retryContext(call: Call, engine: Engine): RetryContext {
    const { label } = call;
    return {
      clock: engine.clock,
      random: this.#environment.random,
      sleeping: this.#sleeping,
      onRetry: (attempt, delayMs, outcome) => {
        engine.ledger.retries += 1;
        notify(this.#settings.observer, 'onRetry', () => ({
          label,
          attempt,
          delayMs,
          outcome,
        }));
        if (this.#closing) call.stop(this.#closedError(label), 'closed');
      },
    };
  }

  async #close(deadlineMs: number): Promise<CloseReport> {
    const { clock } = this.#environment;
    const startedAt = clock.now();
    for (const call of this.#sleeping) call.stop(this.#closedError(call.label), 'closed');
    const engine = this.#engine;
    const forced = engine ? await shutDown(engine, deadlineMs) : [];
    return {
      drained: forced.length === 0,
      forced,
      tookMs: clock.now() - startedAt,
    };
  }

  #closedError(label: string | undefined): ClosedError {
    return new ClosedError(this.#settings.name, { label });
  }
}

/** Trying again would end the same way. */
function isHopeless(error: unknown): boolean {
  if (error instanceof ConnectError) return error.permanent;
  return error instanceof ConfigurationError || error instanceof ClosedError;
}
