import { noop } from '../core/outcome.js';
import type { Held } from '../observe/leak-watch.js';
import type { CallOptions, CloseOptions } from '../options/options.js';
import type { Settings } from '../options/settings.js';
import * as check from '../options/validation.js';
import type { CloseReport } from '../server/close.js';
import type { Stats } from '../server/stats.js';
import type { ScopeBody } from './attempt.js';
import { defaultInstance } from './default-instance.js';
import type { Instance } from './instance.js';
import type { TransactionBody, TransactionResult } from './transaction.js';

/**
 * What does the work, ioredis included. It begins to load when this module does and holds nobody up: until it is there
 * an instance is its options, and the first call waits for it.
 */
const loading = import('./instance.js');
// Whoever needs it and cannot have it gets the reason from the first call.
loading.catch(noop);

export class LazyInstance {
  readonly #settings: Settings;
  readonly #isDefault: boolean;
  #instance: Instance | undefined;
  #closing: Promise<CloseReport> | undefined;

  constructor(settings: Settings, isDefault: boolean) {
    this.#settings = settings;
    this.#isDefault = isDefault;
  }

  run<T>(label: string | undefined, fn: ScopeBody<T>, options?: CallOptions): Promise<Awaited<T>> {
    const ready = this.#ready;
    if (ready) return ready.run(label, fn, options);
    return this.#load().then((instance) => instance.run(label, fn, options));
  }

  async acquire(options?: CallOptions): Promise<Held> {
    const instance = this.#ready ?? (await this.#load());
    return instance.acquire(options);
  }

  async transaction<T>(
    keys: readonly (string | Buffer)[],
    fn: TransactionBody<T>,
    options?: CallOptions,
  ): Promise<TransactionResult<Awaited<T>>> {
    const instance = this.#instance ?? (await this.#load());
    return instance.transaction(keys, fn, options);
  }

  stats(): Stats {
    return this.#instance?.stats() ?? unused(this.#settings);
  }

  close(options: CloseOptions = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  /** Another copy of this module may have closed the default instance. */
  get #ready(): Instance | undefined {
    if (this.#isDefault && !this.#closing && this.#instance?.closed) this.#instance = undefined;
    return this.#instance;
  }

  async #close(options: CloseOptions): Promise<CloseReport> {
    try {
      check.object('options', options);
      check.knownKeys('', options, ['deadlineMs']);
      const deadlineMs = check.duration('deadlineMs', options.deadlineMs, DRAIN_MS);
      return await (this.#instance ?? (await this.#load())).close(deadlineMs);
    } catch (error) {
      this.#closing = undefined;
      throw error;
    }
  }

  async #load(): Promise<Instance> {
    const { Instance } = await loading;
    const createBackend =
      this.#settings.cluster && (await import('../cluster/cluster-backend.js')).createBackend;
    const make = () => new Instance(this.#settings, undefined, createBackend);
    this.#instance ??= this.#isDefault ? defaultInstance(make) : make();
    return this.#instance;
  }
}

/** Limit of a drain where `close()` is given none, in ms. */
const DRAIN_MS = 5_000;

function unused({ name, maxConnections: max }: Settings): Stats {
  const counters = { created: 0, acquired: 0, reused: 0, timeouts: 0, cancelled: 0, retries: 0, leaks: 0 };
  const now = { size: 0, idle: 0, borrowed: 0, connecting: 0, pending: 0 };
  return { name, max, ...now, ...counters, destroyed: {} };
}
