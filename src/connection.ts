import type { Client } from './adapters/client.js';
import type { DestroyReason, Resource, ResourceState } from './core/ledger.js';
import { noop } from './core/outcome.js';
import { createHandleBase } from './scoped-client.js';

/** One ioredis client that is ready, and what its keeper must know of it. */
export class Connection implements Resource {
  #state: ResourceState = 'idle';
  lent = 0;
  /** Called when the socket closes by itself and nobody holds the connection. */
  onIdleLost: (() => void) | undefined;
  /** Called when the socket closes by itself while it is lent. */
  onLentLost: (() => void) | undefined;
  /** The database that the next borrower expects. */
  readonly homeDb: number;
  readonly #retiresAt: number;
  #handleBase: object | undefined;
  #lost = false;
  #unansweredAtLoss = 0;

  constructor(
    readonly client: Client,
    homeDb: number,
    maxLifetimeMs: number,
  ) {
    this.homeDb = homeDb;
    this.#retiresAt = Date.now() + maxLifetimeMs;
    client.stream.prependOnceListener('close', () => this.#lose());
  }

  get state(): ResourceState {
    return this.#state;
  }

  /** An idle connection does not keep the process alive. */
  set state(state: ResourceState) {
    this.#state = state;
    if (state === 'idle') this.client.stream.unref();
    else this.client.stream.ref();
  }

  get flaw(): DestroyReason | undefined {
    if (this.#lost || this.client.status !== 'ready' || !this.client.stream.writable) return 'lost';
    return Date.now() >= this.#retiresAt ? 'maxLifetime' : undefined;
  }

  /** Prototype of all its handles, built when the first one is. */
  get handleBase(): object {
    this.#handleBase ??= createHandleBase(this.client);
    return this.#handleBase;
  }

  /** Commands written and not answered; those that a loss cut short stay counted. */
  get unanswered(): number {
    return this.#lost ? this.#unansweredAtLoss : this.client.commandQueue.length;
  }

  /** True once every command that was written has its reply; false where one will not be waited for any more. */
  async answered(): Promise<boolean> {
    for (;;) {
      const last = this.client.commandQueue.peekBack();
      if (!last) return true;
      await last.command.promise.catch(noop);
      // ioredis gave up on it (commandTimeout, blockingTimeout), but its reply is still to come.
      if (this.client.commandQueue.peekBack() === last) return false;
    }
  }

  #lose(): void {
    this.#unansweredAtLoss = this.client.commandQueue.length;
    this.#lost = true;
    // After ioredis's own handler, which rejects what is in flight.
    process.nextTick(() => (this.#state === 'idle' ? this.onIdleLost : this.onLentLost)?.());
  }
}
