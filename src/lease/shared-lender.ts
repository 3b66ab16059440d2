import type { Connection } from '../connection/connection.js';
import { type Clock, type Timer, UNLIMITED } from '../core/clock.js';
import { ClosedError, closedError } from '../core/errors.js';
import type { Lender } from '../pool/lender.js';
import { type Claim, ownError, type WaiterLimits, Waiters } from '../pool/waiters.js';
import { Draining } from './draining.js';
import type { ExclusiveLease } from './exclusive-lease.js';
import { SharedConnection } from './shared-connection.js';
import type { SharedLease } from './shared-lease.js';

export interface SharedLenderOptions extends WaiterLimits {
  readonly name: string;
  readonly lender: Lender<Connection, ExclusiveLease>;
  readonly clock: Clock;
  /** How long the connection is kept after the last scope has left. */
  readonly lingerMs: number;
  /** How long an idle connection may be used without being asked to answer. */
  readonly trustMs: number;
  readonly lend: (shared: SharedConnection, claim: Claim, since: number) => SharedLease;
}

/** The connection itself is no scope's. */
const NOBODY = { label: undefined };

/** Lends the use of one shared connection, opening it for the first scope and giving it back after the last. */
export class SharedLender {
  readonly #options: SharedLenderOptions;
  readonly #waiters: Waiters<SharedLease>;
  #current: SharedConnection | undefined;
  readonly #draining: Draining;
  /** The wait for the connection that is to be the next current one. */
  #opening: Claim | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: SharedLenderOptions) {
    this.#options = options;
    this.#draining = new Draining(options.clock);
    this.#waiters = new Waiters(options, {
      phase: () => (this.#draining.on ? 'wait' : 'connect'),
      timedOut: (claim) => options.lender.timedOut(claim, this.pending),
      left: () => this.#abandon(),
    });
  }

  get pending(): number {
    return this.#waiters.queue.size;
  }

  /** Beside those who wait at the lender: there the wait for the connection itself is one of them. */
  get pendingBeside(): number {
    return this.pending - (this.#opening?.phase ? 1 : 0);
  }

  get current(): SharedConnection | undefined {
    return this.#current;
  }

  /**
   * Where the connection is open and in good order, or one is at hand: whoever waited for that would be overtaken by those
   * who come next.
   */
  tryAcquire(claim: Claim, now: number): SharedLease | undefined {
    const joined = this.tryJoin(claim, now);
    if (joined || this.#opening || this.#draining.on) return joined;
    const lease = this.#options.lender.tryAcquire(NOBODY, now);
    if (!lease) return undefined;
    this.#current = this.#share(lease);
    return this.#enter(this.#current, claim, now);
  }

  /** Where the connection is open and in good order. */
  tryJoin(claim: Claim, now: number): SharedLease | undefined {
    const shared = this.#current;
    if (!shared) return undefined;
    const trusted =
      shared.size > 0 || this.#options.clock.wall() - shared.emptySince <= this.#options.trustMs;
    // The last one is for who needs one of his own, such as a scope that moves.
    const isLast = this.#options.lender.free <= 1;
    if (shared.usable(isLast) && trusted) return this.#enter(shared, claim, now);
    this.#current = undefined;
    if (shared.size === 0) void shared.release(trusted);
    else if (isLast && shared.old) {
      // By then it may be of no use at all, and who waits for it needs another one.
      this.#draining.begin(shared, () => (shared.old ? this.#letIn(shared) : this.#open()));
    }
    return undefined;
  }

  acquire(claim: Claim, now: number): Promise<SharedLease> {
    // The first one's wait is the dial that all others wait for.
    const granted = this.#waiters.join(claim, now, 1);
    this.#open(now);
    return granted;
  }

  /** Refuses who waits; an idle connection is given back. */
  close(): void {
    this.#closed = true;
    this.#waiters.refuseAll(closedError(this.#options.name));
    this.#abandon();
    this.#timer?.cancel();
    if (this.#current?.size === 0) void this.#retire(this.#current);
  }

  /** Enters in the turn of the grant: whoever is stopped before using it leaves like everybody else. */
  #enter(shared: SharedConnection, claim: Claim, now: number): SharedLease {
    this.#options.ledger.joined();
    return shared.enter(this.#options.lend(shared, claim, now));
  }

  #open(now = this.#options.clock.now()): void {
    if (this.pending === 0 || this.#opening || this.#draining.on) return;
    const waiters = this.#waiters;
    const claim: Claim = {
      ...NOBODY,
      acquireTimeoutMs: UNLIMITED,
      get dialMs() {
        return waiters.dialMs;
      },
      phase: undefined,
    };
    this.#opening = claim;
    this.#options.lender.acquire(claim, now).then(
      (lease) => this.#opened(claim, lease),
      (error: unknown) => this.#failed(claim, error),
    );
  }

  #opened(claim: Claim, lease: ExclusiveLease): void {
    const shared = this.#share(lease);
    if (claim !== this.#opening) {
      void shared.release();
      return;
    }
    this.#opening = undefined;
    this.#letIn(shared);
  }

  #letIn(shared: SharedConnection): void {
    this.#current = shared;
    const now = this.#options.clock.now();
    const waiters = this.#waiters;
    while (waiters.head) waiters.grant(this.#enter(shared, waiters.head, now));
  }

  #share(lease: ExclusiveLease): SharedConnection {
    return new SharedConnection(lease, this.#options.clock, (empty, spentMs) =>
      this.#emptied(empty, spentMs),
    );
  }

  #failed(claim: Claim, error: unknown): void {
    if (claim !== this.#opening) return;
    this.#opening = undefined;
    this.#waiters.refuseAll(ownError(error));
  }

  /** Nobody waits for the connection any more, so nobody needs it opened; whoever comes next opens another one. */
  #abandon(): void {
    const opening = this.#opening;
    if (this.#waiters.queue.size > 0 || !opening) return;
    this.#opening = undefined;
    opening.phase?.stop(new ClosedError(this.#options.name), 'closed');
  }

  #emptied(shared: SharedConnection, spentMs: number): Promise<void> | undefined {
    const keeps =
      shared === this.#current && this.#options.lingerMs > 0 && !this.#closed && !shared.connection.flaw;
    if (!keeps) {
      const gone = this.#retire(shared, spentMs);
      this.#open();
      return gone;
    }
    this.#timer ??= this.#linger(shared);
    return undefined;
  }

  /** Given back if nobody has come in the meantime; one timer, however often it falls empty. */
  #linger(shared: SharedConnection): Timer {
    const { entered } = shared;
    const timer = this.#options.clock.after(this.#options.lingerMs, () => {
      this.#timer = undefined;
      // By now it may be another one, which fell empty while this timer ran.
      const current = this.#current;
      if (!current || current.size > 0) return;
      if (current === shared && shared.entered === entered) void this.#retire(shared);
      else this.#timer = this.#linger(current);
    });
    timer.unref();
    return timer;
  }

  #retire(shared: SharedConnection, spentMs = 0): Promise<void> | undefined {
    if (shared === this.#current) this.#current = undefined;
    this.#draining.end(shared);
    return shared.release(true, spentMs);
  }
}
