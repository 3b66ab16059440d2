import { type Connection, silenceMs } from '../connection/connection.js';
import { type Clock, UNLIMITED } from '../core/clock.js';
import type { ClosedErrorOf } from '../core/errors.js';
import { Fifo } from '../core/fifo.js';
import type { HeldLease } from '../pool/grant.js';
import type { Borrower } from './borrower.js';
import type { LeaseHolder } from './context.js';
import type { ExclusiveLease } from './exclusive-lease.js';

/** How a shared connection does; a slow reply to one scope holds up all others. */
export interface SharedStats {
  /** Scopes that use it now. */
  readonly scopes: number;
  /** Commands without a reply. */
  readonly inFlight: number;
  /** How long nothing has come from the server while commands wait, in ms. */
  readonly waitingMs: number;
}

/** One connection that many scopes use at once. It is itself lent, for as long as somebody uses it. */
export class SharedConnection implements LeaseHolder {
  readonly connection: Connection;
  /** When the first of the commands in flight was sent, or a little before; by the clock. */
  busySince = 0;
  #heardAt = 0;
  readonly #clock: Clock;
  readonly #onData = () => {
    this.#heardAt = this.#clock.now();
  };
  readonly lease: ExclusiveLease;
  /** Scopes that ever used it. */
  entered = 0;
  /** Who came before that may stay on it for long, and it with him. */
  youngUntil: number;
  /** When the last scope left; wall clock, for the process may have been frozen since. */
  emptySince = 0;
  #retired = false;
  #silent = false;
  readonly #users = new Fifo<Borrower>();
  readonly #onEmpty: (shared: SharedConnection, spentMs: number) => Promise<void> | undefined;

  constructor(
    lease: ExclusiveLease,
    clock: Clock,
    onEmpty: (shared: SharedConnection, spentMs: number) => Promise<void> | undefined,
  ) {
    this.lease = lease;
    this.connection = lease.connection;
    this.youngUntil = this.connection.retiresAt;
    this.#onEmpty = onEmpty;
    lease.holder = this;
    lease.silent = true;
    this.#clock = clock;
    this.connection.client.stream.on('data', this.#onData);
  }

  get size(): number {
    return this.#users.size;
  }

  /** Its life time is over; nothing else is wrong with it. */
  get old(): boolean {
    return !this.#retired && this.connection.flaw === 'maxLifetime';
  }

  /** @param evenIfOld While somebody uses it who came while it was young: until then it cannot be replaced. */
  usable(evenIfOld: boolean): boolean {
    if (!this.connection.flaw) return !this.#retired;
    return evenIfOld && this.old && (this.#users.head?.since ?? UNLIMITED) <= this.youngUntil;
  }

  enter<B extends Borrower>(user: B): B {
    if (this.connection.unanswered === 0) this.busySince = user.since;
    this.#users.push(user);
    this.entered += 1;
    return user;
  }

  /**
   * A promise where the last one to leave has to wait for the connection to be closed.
   *
   * @param spentMs How much of its release's limit went before.
   */
  leave(user: Borrower, spentMs = 0): Promise<void> | undefined {
    if (!this.#users.remove(user) || this.#users.size > 0) return undefined;
    this.emptySince = this.#clock.wall();
    return this.#onEmpty(this, spentMs);
  }

  /** A scope was given up while it waited for a reply. Where nothing is heard at all, nobody else is let in. */
  suspect(): void {
    if (this.stats(this.#clock.now()).waitingMs >= silenceMs(this.connection)) this.giveUp();
  }

  /** Nobody is let in any more, and the last one who leaves closes it at once. */
  giveUp(): void {
    this.#silent = true;
    this.#retired = true;
  }

  /** Gives the connection back, or closes it where it may be dead. */
  release(trusted = true, spentMs = 0): Promise<void> | undefined {
    this.#retired = true;
    this.connection.client.stream.off('data', this.#onData);
    return trusted && !this.#silent ? this.lease.release(spentMs) : this.lease.destroy('unhealthy');
  }

  lost(): void {
    for (const user of this.#users) user.lost();
    if (this.#users.size === 0) void this.release();
  }

  force(error: ClosedErrorOf): void {
    for (const user of this.#users) user.force(error);
    this.#retired = true;
    void this.lease.destroy('closed');
  }

  stats(now: number): SharedStats {
    const inFlight = this.connection.unanswered;
    const since = Math.max(this.busySince, this.#heardAt);
    return { scopes: this.#users.size, inFlight, waitingMs: inFlight > 0 ? now - since : 0 };
  }

  describe(now: number): HeldLease[] {
    return [...this.#users].flatMap((user) => user.describe(now));
  }
}
