import type { Pool } from 'generic-pool';
import { type Clock, Moment } from '../core/clock.js';
import { noop, type Outcome, outcomeOf } from '../core/outcome.js';
import type { DestroyReason, Resource } from '../pool/ledger.js';
import { type Opener, pauseMs, type Take } from '../pool/opener.js';
import type { PoolSettings, Source } from '../pool/source.js';
import { createBarePool, type Keeper } from './bare-pool.js';

export interface PoolSourceOptions<T> {
  readonly settings: PoolSettings;
  readonly maxConnections: number;
  readonly opener: Opener<T & Resource>;
  /** Whether a resource still answers. Bounded in time, never rejects. */
  readonly validate: (resource: T) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * What generic-pool holds: a resource, or the failure to make one. A `create` that rejects makes generic-pool call it
 * again at once and for ever (node-pool#175, #183), and hides the reason; so ours always resolves, and whoever acquires
 * a failure throws its error, or dials anew in its place where it says nothing about now.
 */
interface Kept<T> {
  made: Outcome<T>;
  idleSince: Moment;
  /**
   * By which it is known what came, or came back, before what, whatever the clocks say. A failure that nobody waited for
   * is of the time that it was dialled.
   */
  returned: number;
  reason: DestroyReason;
}

/**
 * Keeps resources between leases, in generic-pool.
 *
 * What it does for us: it holds what is idle, lends the first or the last of it, asks `validate` before it does, makes a
 * new one where none is idle, keeps `minIdle`, and looks through the idle ones at intervals. What it does not: the bound
 * on sockets, dialling ones included (permits), the queue of those who wait, with their limits and aborts (waiters), the
 * error of a dial that failed, leases that end once, the end of what was lost while idle, and closing in bounded time.
 */
export class PoolSource<T extends Resource> implements Source<T>, Keeper<Kept<T>> {
  readonly keeps = true;
  readonly #options: PoolSourceOptions<T>;
  readonly #kept = new WeakMap<T, Kept<T>>();
  /** Those that are asked whether they live. */
  readonly #questioned = new Set<T>();
  #pool: Pool<Kept<T>> | undefined;
  #serial = 0;
  /** What became idle before this is dead, as far as we know: a neighbour did not answer. */
  #trustedFrom = 0;
  /** How many dials that nobody waited for have failed since one succeeded, and when the last one did. */
  #inVain = 0;
  #inVainSince: Moment;
  #over = false;

  constructor(options: PoolSourceOptions<T>) {
    this.#options = options;
    this.#inVainSince = new Moment(options.clock);
  }

  /** A construction is not cancelled with the waiter who caused it: the resource serves the next one. */
  take(): Take<T> {
    return { promise: this.#take(), cancel: noop };
  }

  give(resource: T, idleSince = new Moment(this.#options.clock)): undefined {
    const kept = this.#kept.get(resource);
    if (!kept) return;
    kept.idleSince = idleSince;
    kept.returned = ++this.#serial;
    this.#pool?.release(kept).catch(noop);
  }

  async discard(resource: T, reason: DestroyReason): Promise<void> {
    const gone = this.#options.opener.close(resource, reason);
    const kept = this.#kept.get(resource);
    if (kept && this.#pool?.isBorrowedResource(kept)) this.#pool.destroy(kept).catch(noop);
    await gone;
  }

  /** Everything that was idle before now is closed when it is next looked at. */
  invalidate(): void {
    this.#trustedFrom = ++this.#serial;
  }

  /** What is being asked is not waited for: nobody wants it any more. */
  async close(): Promise<void> {
    this.#over = true;
    for (const resource of this.#questioned) void this.#options.opener.close(resource, 'closed');
    await this.#pool?.drain();
    await this.#pool?.clear();
  }

  async #take(): Promise<T> {
    const startedAt = ++this.#serial;
    this.#pool ??= createBarePool(this, this.#options);
    const pool = this.#pool;
    for (;;) {
      const kept = await pool.acquire();
      // One that failed before this take, or was dialled before it for nobody, says nothing about now.
      if (!kept.made.ok && kept.returned < startedAt) await this.#open(kept);
      const { made } = kept;
      if (made.ok && made.value.state !== 'destroyed') return made.value;
      pool.destroy(kept).catch(noop);
      if (!made.ok) throw made.error;
    }
  }

  /** Never rejects. Keeping `minIdle` has a pace; between its dials a place is empty, and whoever takes it dials. */
  async create(): Promise<Kept<T>> {
    const empty: Kept<T>['made'] = { ok: false, error: undefined };
    const kept: Kept<T> = { made: empty, returned: 0, idleSince: this.#inVainSince, reason: 'closed' };
    const asked = (this.#pool?.pending ?? 0) > 0;
    if (asked || this.#isTime(kept)) await this.#open(kept, asked);
    return kept;
  }

  async #open(kept: Kept<T>, asked = true): Promise<void> {
    const begun = ++this.#serial;
    const made = await outcomeOf(this.#options.opener.open().promise);
    kept.made = made;
    kept.idleSince = new Moment(this.#options.clock);
    kept.returned = ++this.#serial;
    if (made.ok) {
      this.#inVain = 0;
      this.#kept.set(made.value, kept);
    } else if (!asked) {
      kept.returned = begun;
      this.#inVain += 1;
      this.#inVainSince = kept.idleSince;
    }
  }

  /** Whether the next dial that nobody waits for may begin. */
  #isTime(kept: Kept<T>): boolean {
    return this.#idleMs(kept) >= pauseMs(this.#inVain);
  }

  async destroy({ made, reason }: Kept<T>): Promise<void> {
    if (made.ok) await this.#options.opener.close(made.value, reason);
  }

  async validate(kept: Kept<T>): Promise<boolean> {
    const { made } = kept;
    if (!made.ok) return true;
    if (this.#over) return false;
    const flaw = this.#flawOf(kept, made.value);
    if (flaw || this.#idleMs(kept) < this.#options.settings.validateAfterIdleMs) return !flaw;
    this.#questioned.add(made.value);
    const alive = await this.#options.validate(made.value);
    this.#questioned.delete(made.value);
    if (this.#over) return false;
    if (alive) return true;
    kept.reason = 'unhealthy';
    this.invalidate();
    return false;
  }

  evict(kept: Kept<T>, available: number): boolean {
    const { made } = kept;
    if (!made.ok) return this.#isTime(kept);
    const { idleTimeoutMs, minIdle } = this.#options.settings;
    const outstayed = available > minIdle && this.#idleMs(kept) >= idleTimeoutMs ? 'idleTimeout' : undefined;
    return this.#flawOf(kept, made.value, outstayed) !== undefined;
  }

  #flawOf(kept: Kept<T>, { flaw }: T, otherwise?: DestroyReason): DestroyReason | undefined {
    const found = flaw ?? (kept.returned < this.#trustedFrom ? 'unhealthy' : otherwise);
    if (found) kept.reason = found;
    return found;
  }

  #idleMs({ idleSince }: Kept<T>): number {
    return idleSince.agoMs(this.#options.clock);
  }
}
