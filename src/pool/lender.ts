import { AcquireTimeoutError, ClosedError, ConnectError, QueueFullError } from '../core/errors.js';
import { Fifo } from '../core/fifo.js';
import { defer } from '../core/outcome.js';
import { Takes } from './intake.js';
import { Warm } from './just-returned.js';
import type { DestroyReason, Resource } from './ledger.js';
import type { LenderOptions } from './lender-options.js';
import type { Loan } from './loan.js';
import { DialCancelledError, DialTimeoutError } from './opener.js';
import { type Claim, ownError, Waiters } from './waiters.js';

/** Lends resources to waiters, first come first served. A resource that comes back goes straight to the next waiter. */
export class Lender<T extends Resource, L extends Loan<T>> {
  readonly #options: LenderOptions<T, L>;
  readonly #waiters: Waiters<L>;
  readonly #warm: Warm<T>;
  readonly #loans = new Fifo<L>();
  readonly #takes: Takes<T>;
  readonly #idle = defer<void>();
  #lastFailure: unknown;
  #closed = false;

  constructor(options: LenderOptions<T, L>) {
    this.#options = options;
    this.#warm = new Warm(options.clock, options.warmMs, (resource, since) => this.#cool(resource, since));
    this.#takes = new Takes(options.source, {
      wanted: () => this.#waiters.size,
      free: () => options.maxConnections - options.ledger.borrowed,
      arrived: (resource) => this.#arrived(resource),
      failed: (error) => this.#failed(error),
    });
    this.#waiters = new Waiters(options.deadlines, {
      phase: () => (this.#takes.size >= this.#waiters.size ? 'connect' : 'wait'),
      timedOut: (claim) => this.timedOut(claim, this.pending),
      stopped: () => {
        options.ledger.cancelled += 1;
      },
      left: () => this.#takes.cancelSurplus(),
    });
  }

  get pending(): number {
    return this.#waiters.size;
  }

  /** What is lent now, the oldest first. */
  get loans(): Iterable<L> {
    return this.#loans;
  }

  /** What can be had without waiting: something that was given back this moment. */
  tryAcquire(claim: Claim, now: number): L | undefined {
    if (this.#closed) return undefined;
    for (;;) {
      const resource = this.#warm.pop();
      if (!resource) return undefined;
      if (!resource.flaw) {
        this.#options.ledger.lent(resource);
        return this.#lend(resource, claim.label, now);
      }
      void this.#options.source.discard(resource, resource.flaw);
    }
  }

  acquire(claim: Claim, now: number): Promise<L> {
    const { maxPending, maxConnections, ledger } = this.#options;
    if (this.#closed && !claim.running) return Promise.reject(this.closedError(claim));
    const free = Math.max(0, maxConnections - ledger.borrowed);
    if (this.pending - free >= maxPending) {
      return Promise.reject(new QueueFullError(this.pending, maxPending, { label: claim.label }));
    }
    const granted = this.#waiters.join(claim, now);
    this.#takes.pump();
    return granted;
  }

  /** Ends a loan, once, whose resource may be lent again. */
  release(loan: L): Promise<void> | undefined {
    const { resource } = loan;
    this.#loans.remove(loan);
    const { source, ledger } = this.#options;
    if (!source.keeps) return this.#afterReturn(source.give(resource));
    if (this.#waiters.size > 0) {
      ledger.handedOver(resource);
      this.#grant(resource);
    } else {
      ledger.returned(resource);
      this.#warm.push(resource);
    }
    return this.#afterReturn(undefined);
  }

  /** Ends a loan, once, whose resource must not be lent again. Resolves when it is gone. */
  discard(loan: L, reason: DestroyReason): Promise<void> {
    this.#loans.remove(loan);
    return this.#afterReturn(this.#options.source.discard(loan.resource, reason));
  }

  /** Takes claims of scopes that run already, no others; those that wait are refused. Resolves when nothing is lent. */
  async drain(): Promise<void> {
    this.#closed = true;
    this.#waiters.refuseNew((claim) => this.closedError(claim));
    this.#warm.flush();
    this.#takes.cancelSurplus();
    if (this.#loans.size > 0) await this.#idle.promise;
  }

  closedError({ label }: { readonly label: string | undefined }): ClosedError {
    return new ClosedError(this.#options.name, { label });
  }

  timedOut({ label, acquireTimeoutMs }: Claim, pending: number): AcquireTimeoutError {
    const { clock, ledger } = this.#options;
    const { head } = this.#loans;
    ledger.timeouts += 1;
    const details = {
      waitedMs: acquireTimeoutMs,
      size: ledger.idle + ledger.borrowed,
      borrowed: ledger.borrowed,
      pending,
      connecting: this.#takes.size,
      oldest: head && { label: head.label, heldMs: clock.now() - head.since },
    };
    return new AcquireTimeoutError(details, { label, cause: this.#lastFailure });
  }

  #grant(resource: T): void {
    const { clock } = this.#options;
    this.#waiters.grant(this.#lend(resource, this.#waiters.head?.label, clock.now()));
  }

  #lend(resource: T, label: string | undefined, now: number): L {
    const loan = this.#options.lend(resource, label, now);
    this.#loans.push(loan);
    return loan;
  }

  #arrived(resource: T): void {
    const { ledger } = this.#options;
    this.#lastFailure = undefined;
    if (resource.flaw || this.#waiters.size === 0) this.#cool(resource);
    else {
      ledger.lent(resource);
      this.#grant(resource);
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
    if (hopeless && this.#options.ledger.borrowed === 0)
      this.#waiters.refuseAll((claim) => ownError(error, claim));
    else if (this.#waiters.size > this.#takes.size) this.#waiters.refuse((claim) => ownError(error, claim));
  }

  /** Nothing is wanted at the moment: where resources are kept, this one waits there. */
  #cool(resource: T, since = Date.now()): void {
    const { source } = this.#options;
    if (resource.flaw) void source.discard(resource, resource.flaw);
    else void source.give(resource, since);
  }

  #afterReturn<R>(gone: R): R {
    this.#takes.pump();
    if (this.#closed && this.#loans.size === 0) {
      this.#warm.flush();
      this.#idle.resolve();
    }
    return gone;
  }
}
