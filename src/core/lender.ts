import type { Clock } from './clock.js';
import { AcquireTimeoutError, ClosedError, ConnectError, QueueFullError } from './errors.js';
import { Fifo } from './fifo.js';
import type { DestroyReason, Ledger, Resource } from './ledger.js';
import { Loan } from './loan.js';
import { DialCancelledError, DialTimeoutError, type Take } from './opener.js';
import { defer } from './outcome.js';
import type { Source } from './source.js';
import { type Claim, type Waiter, Waiters } from './waiters.js';

export interface LenderOptions<T> {
  readonly name: string;
  readonly source: Source<T>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly maxConnections: number;
  readonly maxPending: number;
}

/** Lends resources to waiters, first come first served. A resource that comes back goes straight to the next waiter. */
export class Lender<T extends Resource> {
  readonly #options: LenderOptions<T>;
  readonly #waiters: Waiters<Loan<T>>;
  readonly #loans = new Fifo<Loan<T>>();
  readonly #takes = new Set<Take<T>>();
  readonly #idle = defer<void>();
  #lastFailure: unknown;
  #closed = false;

  constructor(options: LenderOptions<T>) {
    this.#options = options;
    this.#waiters = new Waiters(options.clock, {
      timedOut: (waiter) => this.#timeout(waiter),
      stopped: () => {
        options.ledger.cancelled += 1;
      },
      left: () => this.#cancelSurplus(),
    });
  }

  get pending(): number {
    return this.#waiters.size;
  }

  /** What is lent now, the oldest first. */
  get loans(): Iterable<Loan<T>> {
    return this.#loans;
  }

  /** True where every waiter has a dial under way for it. */
  get dialling(): boolean {
    return this.#takes.size >= this.#waiters.size;
  }

  async acquire(claim: Claim): Promise<Loan<T>> {
    const { maxPending, maxConnections, ledger } = this.#options;
    if (this.#closed) throw this.closedError(claim);
    const free = Math.max(0, maxConnections - ledger.borrowed);
    if (this.pending - free >= maxPending) throw new QueueFullError(this.pending, maxPending, claim);
    const granted = this.#waiters.join(claim);
    this.#pump();
    return granted;
  }

  /** Ends a loan whose resource may be lent again. */
  release(loan: Loan<T>): Promise<void> | undefined {
    const { resource } = loan;
    if (resource.flaw) return this.discard(loan, resource.flaw);
    if (!this.#loans.remove(loan)) return undefined;
    const { source, ledger } = this.#options;
    if (source.keeps && this.#waiters.size > 0) {
      ledger.handedOver(resource);
      this.#grant(resource);
      return undefined;
    }
    if (source.keeps) ledger.returned(resource);
    const gone = source.give(resource);
    this.#afterReturn();
    return gone;
  }

  /** Ends a loan whose resource must not be lent again. Resolves when it is gone. */
  discard(loan: Loan<T>, reason: DestroyReason): Promise<void> {
    if (!this.#loans.remove(loan)) return Promise.resolve();
    const gone = this.#options.source.discard(loan.resource, reason);
    this.#afterReturn();
    return gone;
  }

  /** Takes no more claims; those that wait are refused. Resolves when nothing is lent any more. */
  async drain(): Promise<void> {
    this.#closed = true;
    this.#waiters.refuseAll((claim) => this.closedError(claim));
    this.#cancelSurplus();
    if (this.#loans.size > 0) await this.#idle.promise;
  }

  closedError({ label }: { readonly label: string | undefined }): ClosedError {
    return new ClosedError(this.#options.name, { label });
  }

  #timeout({ claim, since }: Waiter<Loan<T>>): Error {
    const { clock, ledger } = this.#options;
    const { head } = this.#loans;
    const now = clock.now();
    const details = {
      waitedMs: now - since,
      size: ledger.idle + ledger.borrowed,
      borrowed: ledger.borrowed,
      pending: this.pending,
      oldest: head && { label: head.label, heldMs: now - head.since },
    };
    ledger.timeouts += 1;
    return new AcquireTimeoutError(details, { label: claim.label, cause: this.#lastFailure });
  }

  #grant(resource: T): void {
    const claim = this.#waiters.head?.claim;
    const loan = new Loan(resource, claim?.label, this.#options.clock.now());
    this.#loans.push(loan);
    this.#waiters.grant(loan);
  }

  /** One take for each waiter, as far as the bound allows. */
  #pump(): void {
    const { ledger, maxConnections } = this.#options;
    while (this.#waiters.size > this.#takes.size && ledger.borrowed + this.#takes.size < maxConnections) {
      this.#startTake();
    }
  }

  #startTake(): void {
    const take = this.#options.source.take();
    this.#takes.add(take);
    const finish = (use: () => void) => {
      this.#takes.delete(take);
      use();
      this.#pump();
    };
    take.promise.then(
      (resource) => finish(() => this.#arrived(resource)),
      (error: unknown) => finish(() => this.#failed(error)),
    );
  }

  #arrived(resource: T): void {
    const { source, ledger } = this.#options;
    this.#lastFailure = undefined;
    if (resource.flaw) void source.discard(resource, resource.flaw);
    else if (this.#waiters.size === 0) void source.give(resource);
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
      this.#waiters.refuseAll((claim) => own(error, claim));
    else if (this.#waiters.size > this.#takes.size) this.#waiters.refuse((claim) => own(error, claim));
  }

  /** A dial that nobody waits for is given up, where its result would not be kept. */
  #cancelSurplus(): void {
    if (this.#options.source.keeps) return;
    for (const take of [...this.#takes].reverse()) {
      if (this.#takes.size <= this.#waiters.size) return;
      this.#takes.delete(take);
      take.cancel();
    }
  }

  #afterReturn(): void {
    this.#pump();
    if (this.#closed && this.#loans.size === 0) this.#idle.resolve();
  }
}

/** Each waiter gets an error of its own, with its own label. */
function own(error: unknown, { label }: Claim): unknown {
  if (!(error instanceof ConnectError)) return error;
  return new ConnectError(error.address, error.permanent, { label, cause: error.cause });
}
