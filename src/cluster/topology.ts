import { isReplyError } from '../connection/reply-error.js';
import type { Clock } from '../core/clock.js';
import type { Deadlines } from '../core/deadlines.js';
import { AcquireTimeoutError, ConnectError, QueueFullError } from '../core/errors.js';
import { defer, noop } from '../core/outcome.js';
import type { Ledger } from '../pool/ledger.js';
import { type Claim, ownError, Waiters } from '../pool/waiters.js';
import type { Nodes } from './nodes.js';
import { type Address, type ClusterPlan, dialled } from './plan.js';
import { SlotMap } from './slot-map.js';
import { askForSlots } from './slot-question.js';

/** A question that was given up. */
class Unwanted extends Error {}

export interface TopologyContext {
  readonly nodes: Nodes;
  readonly plan: ClusterPlan;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly ledger: Ledger;
  readonly maxPending: number;
}

/** Knows who owns what, and asks again when that may have changed: one question at a time, however many want to know. */
export class Topology {
  readonly #context: TopologyContext;
  readonly #slots = new SlotMap();
  readonly #waiters: Waiters<void>;
  /** Did not do what was asked of them; asked last. */
  readonly #suspects = new Set<Address>();
  #asking: Promise<void> | undefined;
  /** Ends what is being asked, because nobody wants to know any more. */
  #giveUp: (() => void) | undefined;
  #turn = 0;
  #lastFailure: unknown;
  /** Something has happened that another master may be the reason of. */
  #stale = false;
  #closed = false;

  constructor(context: TopologyContext) {
    this.#context = context;
    this.#waiters = new Waiters(context.deadlines, {
      phase: () => 'connect',
      timedOut: (claim) => this.#timeout(claim),
      stopped: () => {
        context.ledger.cancelled += 1;
      },
      left: () => {
        if (this.pending === 0 && !this.#stale) this.#giveUp?.();
      },
    });
  }

  get known(): boolean {
    return this.#slots.masters.size > 0;
  }

  get masters(): ReadonlySet<Address> {
    return this.#slots.masters;
  }

  get pending(): number {
    return this.#waiters.queue.size;
  }

  ownerOf(slot: number): Address | undefined {
    return this.#slots.ownerOf(slot);
  }

  /** Resolves when it has been asked anew; rejects with the reason why nobody answers. */
  refresh(claim: Claim, now: number): Promise<void> {
    const { maxPending } = this.#context;
    // The first one's wait is the question that all others wait for.
    if (this.pending > maxPending) {
      return Promise.reject(new QueueFullError(this.pending, maxPending, { label: claim.label }));
    }
    const answered = this.#waiters.join(claim, now);
    this.#ask();
    return answered;
  }

  /** A node has told who owns a slot; what else has changed is asked with the next scope. */
  moved(slot: number, to: Address): void {
    this.#slots.moved(slot, to);
    this.#stale = true;
  }

  /** A node does not answer, so somebody else may have taken over. */
  suspect(address: Address): void {
    this.#suspects.add(address);
    this.#stale = true;
  }

  /** Asks anew if there is a reason to, and holds nobody up. */
  renew(): void {
    if (this.#stale) this.#ask();
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    this.#giveUp?.();
  }

  #ask(): void {
    if (this.#asking) return;
    const { promise: unwanted, reject } = defer<never>();
    unwanted.catch(noop);
    this.#giveUp = () => reject(new Unwanted());
    this.#asking = this.#askAll(unwanted).then(
      () => {
        this.#asking = undefined;
        while (this.#waiters.queue.size > 0) this.#waiters.grant();
      },
      (error: unknown) => {
        this.#asking = undefined;
        if (error instanceof Unwanted) {
          if (this.pending > 0) this.#ask();
          return;
        }
        this.#lastFailure = error;
        this.#waiters.refuseAll((claim) => ownError(error, claim));
      },
    );
  }

  async #askAll(unwanted: Promise<never>): Promise<void> {
    const { nodes, plan } = this.#context;
    let failure: unknown;
    for (const address of this.#candidates()) {
      if (this.#closed) throw new Unwanted();
      try {
        const reply = await askForSlots(nodes.serverAt(address), address, plan.refreshTimeoutMs, unwanted);
        if (this.#slots.read(reply, dialled(address).host, plan)) {
          this.#stale = false;
          this.#suspects.clear();
          nodes.keepOnly(this.#slots.masters);
          return;
        }
        failure = new ConnectError(address, true, { cause: new Error('the node belongs to no cluster') });
      } catch (error) {
        if (error instanceof Unwanted) throw error;
        failure = isReplyError(error) ? new ConnectError(address, true, { cause: error }) : error;
      }
    }
    throw failure;
  }

  /** Masters in turn, then those in doubt, then who was named at the beginning. */
  #candidates(): Address[] {
    const masters = [...this.#slots.masters];
    const start = masters.length > 0 ? this.#turn++ % masters.length : 0;
    const inTurn = [...masters.slice(start), ...masters.slice(0, start)];
    const trusted = inTurn.filter((address) => !this.#suspects.has(address));
    return [...new Set([...trusted, ...this.#context.plan.seeds, ...inTurn])];
  }

  #timeout({ label, acquireTimeoutMs }: Claim): Error {
    const { ledger } = this.#context;
    ledger.timeouts += 1;
    const none = { size: 0, borrowed: 0, connecting: 0, oldest: undefined };
    return new AcquireTimeoutError(
      { waitedMs: acquireTimeoutMs, pending: this.pending, ...none },
      { label, cause: this.#lastFailure },
    );
  }
}
