import type { Moment } from '../core/clock.js';
import { AcquireTimeoutError, ConnectError, closedError } from '../core/errors.js';
import { Fifo } from '../core/fifo.js';
import { defer } from '../core/outcome.js';
import type { Grant } from './grant.js';
import { Intake } from './intake.js';
import { JustReturned } from './just-returned.js';
import type { DestroyReason, Resource } from './ledger.js';
import type { LenderOptions } from './lender-options.js';
import { DialCancelledError, DialTimeoutError } from './opener.js';
import { type Claim, ownError, Waiters } from './waiters.js';

/** Lends resources to waiters, first come first served. A resource that comes back goes straight to the next waiter. */
export class Lender<T extends Resource, G extends Grant> {
  readonly #options: LenderOptions<T, G>;
  readonly #waiters: Waiters<G>;
  readonly #justReturned: JustReturned<T>;
  readonly #grants = new Fifo<G>();
  readonly #intake: Intake<T>;
  readonly #idle = defer<void>();
  #lastFailure: unknown;
  #closed = false;
  #ended = false;

  constructor(options: LenderOptions<T, G>) {
    this.#options = options;
    this.#justReturned = new JustReturned(options.clock, options.justReturnedMs, (resource, since) =>
      this.#giveBack(resource, since),
    );
    this.#intake = new Intake(options.source, {
      wanted: () => this.pending,
      free: () => this.free,
      arrived: (resource) => this.#arrived(resource),
      failed: (error) => this.#failed(error),
    });
    this.#waiters = new Waiters(options, {
      phase: () => (this.#intake.size >= this.pending ? 'connect' : 'wait'),
      timedOut: (claim) => this.timedOut(claim, this.pending),
      left: () => {
        this.#intake.cancelSurplus();
        this.#settle();
      },
    });
  }

  get pending(): number {
    return this.#waiters.queue.size;
  }

  /** How many more may be lent. */
  get free(): number {
    const { maxConnections, ledger } = this.#options;
    return Math.max(0, maxConnections - ledger.borrowed);
  }

  get dialMs(): number {
    return this.#waiters.dialMs;
  }

  /** What is lent now, the oldest first. */
  get grants(): Iterable<G> {
    return this.#grants;
  }

  /** What can be had without waiting: something that was given back this moment. */
  tryAcquire({ label }: Pick<Claim, 'label'>, now: number): G | undefined {
    if (this.#closed) return undefined;
    for (;;) {
      const resource = this.#justReturned.pop();
      if (!resource) return undefined;
      if (!resource.flaw) {
        this.#options.ledger.lent(resource);
        return this.#grant(resource, label, now);
      }
      void this.#options.source.discard(resource, resource.flaw);
    }
  }

  acquire(claim: Claim, now: number): Promise<G> {
    const { name } = this.#options;
    if (this.#ended || (this.#closed && !claim.running)) return Promise.reject(closedError(name)(claim));
    const granted = this.#waiters.join(claim, now, this.free);
    this.#intake.pump();
    return granted;
  }

  /** Ends a grant, once, whose resource may be lent again. */
  release(grant: G, resource: T): Promise<void> | undefined {
    this.#grants.remove(grant);
    const { source, ledger } = this.#options;
    if (!source.keeps) return this.#afterReturn(source.give(resource));
    if (this.#waiters.queue.size > 0) {
      ledger.handedOver(resource);
      this.#serve(resource);
      return this.#afterReturn(undefined);
    }
    ledger.returned(resource);
    this.#justReturned.push(resource);
    return this.#closed ? this.#afterReturn(undefined) : undefined;
  }

  /** Ends a grant, once, whose resource must not be lent again. Resolves when it is gone. */
  discard(grant: G, resource: T, reason: DestroyReason): Promise<void> {
    this.#grants.remove(grant);
    return this.#afterReturn(this.#options.source.discard(resource, reason));
  }

  /** Takes claims of scopes that run already, no others. Resolves when nothing is lent, and nobody waits. */
  async drain(): Promise<void> {
    this.#closed = true;
    this.#waiters.refuseNew(closedError(this.#options.name));
    this.#justReturned.flush();
    this.#intake.cancelSurplus();
    this.#settle();
    await this.#idle.promise;
  }

  /** Refuses who waits still, whoever it is: nothing is opened any more. */
  end(): void {
    this.#ended = true;
    this.#waiters.refuseAll(closedError(this.#options.name));
    this.#settle();
  }

  timedOut({ label, acquireTimeoutMs }: Claim, pending: number): AcquireTimeoutError {
    const { clock, ledger } = this.#options;
    const { head } = this.#grants;
    const details = {
      waitedMs: acquireTimeoutMs,
      size: ledger.idle + ledger.borrowed,
      borrowed: ledger.borrowed,
      pending,
      connecting: this.#intake.size,
      oldest: head && { label: head.label, heldMs: clock.now() - head.since },
    };
    const { progress, hint } = this.#options;
    const dial = progress();
    const cause = this.#lastFailure ?? (dial === undefined ? undefined : new DialTimeoutError(dial));
    return new AcquireTimeoutError(details, { label, cause }, hint());
  }

  #serve(resource: T): void {
    const { clock } = this.#options;
    this.#waiters.grant(this.#grant(resource, this.#waiters.head?.label, clock.now()));
  }

  #grant(resource: T, label: string | undefined, now: number): G {
    const grant = this.#options.grant(resource, label, now);
    this.#grants.push(grant);
    return grant;
  }

  #arrived(resource: T): void {
    const { ledger } = this.#options;
    this.#lastFailure = undefined;
    if (resource.flaw || this.pending === 0) this.#giveBack(resource);
    else {
      ledger.lent(resource);
      this.#serve(resource);
    }
  }

  /**
   * A failed dial costs one waiter its place, unless the remaining dials are enough for all. A permanent failure would
   * meet every waiter in turn, so where no lent connection could still serve them all hear of it at once.
   */
  #failed(error: unknown): void {
    if (error instanceof DialCancelledError) return;
    this.#lastFailure = error;
    if (error instanceof DialTimeoutError) return;
    const hopeless = error instanceof ConnectError && error.permanent;
    if (hopeless && this.#options.ledger.borrowed === 0) this.#waiters.refuseAll(ownError(error));
    else if (this.pending > this.#intake.size) this.#waiters.refuse(ownError(error));
    this.#settle();
  }

  /** Nothing is wanted at the moment: where resources are kept, this one waits there. */
  #giveBack(resource: T, since?: Moment): void {
    const { source } = this.#options;
    if (resource.flaw) void source.discard(resource, resource.flaw);
    else void source.give(resource, since);
  }

  #afterReturn<R>(gone: R): R {
    this.#intake.pump();
    this.#settle();
    return gone;
  }

  #settle(): void {
    if (!this.#closed || this.#grants.size > 0 || this.pending > 0) return;
    this.#justReturned.flush();
    this.#idle.resolve();
  }
}
