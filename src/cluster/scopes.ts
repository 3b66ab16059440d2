import type { Clock } from '../core/clock.js';
import type { ClosedErrorOf } from '../core/errors.js';
import { Fifo } from '../core/fifo.js';
import { defer } from '../core/outcome.js';
import type { Borrower } from '../lease/borrower.js';
import type { HeldLease } from '../pool/grant.js';
import type { RouteClaim } from './route-claim.js';

/**
 * Who waits for a place in the cluster, and who has one. The nodes cannot be asked: a scope may have connections to
 * several of them, and to none in between.
 */
export class Scopes {
  readonly #waiting = new Set<RouteClaim>();
  readonly #running = new Fifo<Borrower>();
  readonly #idle = defer<void>();
  #closed = false;

  waits(claim: RouteClaim): void {
    this.#waiting.add(claim);
  }

  /** It has its place, or will never get one. */
  waited(claim: RouteClaim): void {
    this.#waiting.delete(claim);
    this.#settle();
  }

  began(lease: Borrower): void {
    this.#running.push(lease);
  }

  ended(lease: Borrower): void {
    this.#running.remove(lease);
    this.#settle();
  }

  /**
   * Refuses who waits. Who runs may finish, and reach other nodes to do so, until it is late. Resolves to what had to be
   * ended by force, when nothing is left.
   */
  async drain(clock: Clock, late: Promise<void>, error: ClosedErrorOf): Promise<readonly HeldLease[]> {
    this.#closed = true;
    for (const claim of this.#waiting) claim.stop(error(claim), 'closed');
    this.#settle();
    await Promise.race([this.#idle.promise, late]);
    const held = [...this.#running];
    const report = held.flatMap((lease) => lease.describe(clock.now()));
    for (const lease of held) lease.force(error);
    await this.#idle.promise;
    return report;
  }

  #settle(): void {
    if (this.#closed && this.#waiting.size + this.#running.size === 0) this.#idle.resolve();
  }
}
