import type { StopKind } from './call.js';
import type { Clock, Timer } from './clock.js';
import { AcquireTimeoutError, ClosedError, ConnectError, QueueFullError } from './errors.js';
import { Fifo, type FifoNode } from './fifo.js';
import type { DestroyReason, Ledger, Resource } from './ledger.js';
import { DialCancelledError, DialTimeoutError, type Take } from './opener.js';
import { defer } from './outcome.js';
import type { Source } from './source.js';

/** What a waiter needs of the call it waits for. */
export interface Claim {
  readonly label: string | undefined;
  readonly acquireTimeoutMs: number;
  onStop: ((error: unknown, kind: StopKind) => void) | undefined;
}

/** The right to use a resource until it is given back. Ends once. */
export class Loan<T> implements FifoNode<Loan<T>> {
  previous: Loan<T> | undefined;
  next: Loan<T> | undefined;
  queued = false;
  /** Whoever knows more of what is done with it. */
  holder: unknown;
  /** Called when the instance is closed by force. */
  onForce: ((error: ClosedError) => void) | undefined;

  constructor(
    readonly resource: T,
    readonly label: string | undefined,
    readonly since: number,
  ) {}
}

class Waiter<T> implements FifoNode<Waiter<T>> {
  previous: Waiter<T> | undefined;
  next: Waiter<T> | undefined;
  queued = false;
  timer: Timer | undefined;

  constructor(
    readonly claim: Claim,
    readonly since: number,
    readonly resolve: (loan: Loan<T>) => void,
    readonly reject: (error: unknown) => void,
  ) {}
}

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
  readonly #waiters = new Fifo<Waiter<T>>();
  readonly #loans = new Fifo<Loan<T>>();
  readonly #takes = new Set<Take<T>>();
  #lastFailure: unknown;
  #closed = false;
  readonly #idle = defer<void>();

  constructor(options: LenderOptions<T>) {
    this.#options = options;
  }

  get pending(): number {
    return this.#waiters.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What is lent now, the oldest first. */
  get loans(): Iterable<Loan<T>> {
    return this.#loans;
  }

  /** True where every waiter has a dial under way for it. */
  get dialling(): boolean {
    return this.#takes.size >= this.#waiters.size;
  }

  acquire(claim: Claim): Promise<Loan<T>> {
    if (this.#closed) return Promise.reject(this.closedError(claim.label));
    if (this.#full()) {
      const { maxPending } = this.#options;
      return Promise.reject(new QueueFullError(this.pending, maxPending, { label: claim.label }));
    }
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(claim, this.#options.clock.now(), resolve, reject);
      this.#enqueue(waiter);
      this.#pump();
    });
  }

  /** Ends a loan whose resource may be lent again. */
  release(loan: Loan<T>): Promise<void> | undefined {
    const { resource } = loan;
    if (resource.flaw) return this.discard(loan, resource.flaw);
    if (!this.#loans.remove(loan)) return undefined;
    if (this.#options.source.keeps && this.#waiters.size > 0) {
      this.#options.ledger.returned(resource);
      this.#grant(resource);
      return undefined;
    }
    const { source, ledger } = this.#options;
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
    while (this.#waiters.head)
      this.#refuse(this.#waiters.head, this.closedError(this.#waiters.head.claim.label));
    this.#cancelSurplus();
    if (this.#loans.size > 0) await this.#idle.promise;
  }

  closedError(label: string | undefined): ClosedError {
    return new ClosedError(this.#options.name, { label });
  }

  #full(): boolean {
    const { maxPending, maxConnections, ledger } = this.#options;
    const free = Math.max(0, maxConnections - ledger.borrowed);
    return this.pending - free >= maxPending;
  }

  #enqueue(waiter: Waiter<T>): void {
    const { claim } = waiter;
    this.#waiters.push(waiter);
    claim.onStop = (error) => {
      this.#options.ledger.cancelled += 1;
      this.#refuse(waiter, error);
      this.#cancelSurplus();
    };
    if (claim.acquireTimeoutMs === Number.POSITIVE_INFINITY) return;
    waiter.timer = this.#options.clock.after(claim.acquireTimeoutMs, () => this.#expire(waiter));
  }

  #expire(waiter: Waiter<T>): void {
    const { clock, ledger } = this.#options;
    const oldest = this.#loans.head;
    const now = clock.now();
    const details = {
      waitedMs: now - waiter.since,
      size: ledger.idle + ledger.borrowed,
      borrowed: ledger.borrowed,
      pending: this.pending,
      oldest: oldest && { label: oldest.label, heldMs: now - oldest.since },
    };
    ledger.timeouts += 1;
    const context = { label: waiter.claim.label, cause: this.#lastFailure };
    this.#refuse(waiter, new AcquireTimeoutError(details, context));
    this.#cancelSurplus();
  }

  #leave(waiter: Waiter<T>): boolean {
    if (!this.#waiters.remove(waiter)) return false;
    waiter.timer?.cancel();
    waiter.claim.onStop = undefined;
    return true;
  }

  #refuse(waiter: Waiter<T>, error: unknown): void {
    if (this.#leave(waiter)) waiter.reject(error);
  }

  #grant(resource: T): void {
    const waiter = this.#waiters.head as Waiter<T>;
    this.#leave(waiter);
    const loan = new Loan(resource, waiter.claim.label, this.#options.clock.now());
    this.#options.ledger.lent(resource);
    this.#loans.push(loan);
    waiter.resolve(loan);
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
    const { source } = this.#options;
    this.#lastFailure = undefined;
    if (resource.flaw) void source.discard(resource, resource.flaw);
    else if (this.#waiters.size > 0) this.#grant(resource);
    else void source.give(resource);
  }

  /**
   * A failed dial costs one waiter its place, unless the remaining dials are enough for all. A permanent failure would
   * meet every waiter in turn, so where no lent connection could still serve them all hear of it at once.
   */
  #failed(error: unknown): void {
    if (error instanceof DialCancelledError) return;
    this.#lastFailure = error;
    if (error instanceof DialTimeoutError) return;
    if (error instanceof ConnectError && error.permanent && this.#options.ledger.borrowed === 0) {
      while (this.#waiters.head) this.#refuse(this.#waiters.head, forWaiter(error, this.#waiters.head));
      return;
    }
    const waiter = this.#waiters.head;
    if (waiter && this.#waiters.size > this.#takes.size) this.#refuse(waiter, forWaiter(error, waiter));
  }

  /** A dial that nobody waits for is given up, where its result would not be kept. */
  #cancelSurplus(): void {
    if (this.#options.source.keeps && !this.#closed) return;
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
function forWaiter<T>(error: unknown, waiter: Waiter<T>): unknown {
  if (!(error instanceof ConnectError)) return error;
  return new ConnectError(error.address, error.permanent, {
    label: waiter.claim.label,
    cause: error.cause,
  });
}
