import type { CallPhase, Isolation } from '../core/call.js';
import type { Deadlines, Expirable } from '../core/deadlines.js';
import { ConnectError, type Phase, QueueFullError } from '../core/errors.js';
import { Fifo, type FifoNode } from '../core/fifo.js';
import type { Entry } from '../core/origin.js';
import type { Ledger } from './ledger.js';
import { boundOfDial } from './opener.js';

/** What a waiter needs of the call it waits for. */
export interface Claim {
  readonly label: string | undefined;
  readonly acquireTimeoutMs: number;
  /** How long a dial for it may take, where that is not as long as it may wait. */
  readonly dialMs?: number;
  phase: CallPhase | undefined;
  /** Where it came from, where somebody wants to know. */
  origin?: Error | undefined;
  /** Of a scope that runs already, which may finish although nothing new may begin. */
  readonly running?: boolean;
  /** The function that was called, above which its stack begins. */
  readonly entry?: Entry | undefined;
  /** Decides what it is granted, where there is a choice. */
  readonly isolation?: Isolation;
}

class Waiter<G> implements FifoNode, Expirable, CallPhase {
  previous: FifoNode | undefined;
  next: FifoNode | undefined;
  queued = false;
  expiresAt = 0;
  sooner: Expirable | undefined;
  later: Expirable | undefined;
  row: Expirable['row'];

  constructor(
    readonly claim: Claim,
    readonly waiters: Waiters<G>,
    readonly resolve: (granted: G | Promise<never>) => void,
  ) {}

  get name(): Phase {
    return this.waiters.events.phase();
  }

  /** Few are refused, so none keeps a function for it. */
  reject(error: unknown): void {
    this.resolve(Promise.reject(error));
  }

  expire(): void {
    this.waiters.limits.ledger.timeouts += 1;
    this.waiters.turnAway(this, this.waiters.events.timedOut(this.claim));
  }

  stop(error: unknown): void {
    this.waiters.limits.ledger.cancelled += 1;
    this.waiters.turnAway(this, error);
  }
}

export interface WaiterLimits {
  readonly deadlines: Deadlines;
  /** Counts those whose wait ends before they are granted anything. */
  readonly ledger: Ledger;
  readonly maxPending: number;
}

export interface WaiterEvents {
  /** Whether those who wait do so for a dial or for each other. */
  readonly phase: () => Phase;
  /** The claim has waited for as long as it may; its error is what is returned. */
  readonly timedOut: (claim: Claim) => Error;
  /** A waiter has gone without being granted anything. */
  readonly left: () => void;
}

/** So many are asked, for each dial; whoever is behind them is next in time. */
const NEXT = 100;

/** Those who wait, first come first served. One that leaves takes its limit and its place along. */
export class Waiters<G> {
  readonly queue = new Fifo<Waiter<G>>();
  readonly limits: WaiterLimits;
  readonly events: WaiterEvents;

  constructor(limits: WaiterLimits, events: WaiterEvents) {
    this.limits = limits;
    this.events = events;
  }

  get head(): Claim | undefined {
    return this.queue.head?.claim;
  }

  /** How long a dial may take for the most patient of those who are next, in ms. */
  get dialMs(): number {
    let longest = 0;
    let rest = NEXT;
    for (const { claim } of this.queue) {
      longest = Math.max(longest, boundOfDial(claim.dialMs ?? claim.acquireTimeoutMs));
      if (--rest === 0) break;
    }
    return longest;
  }

  /** @param served How many need not wait for somebody else. */
  join(claim: Claim, now: number, served: number): Promise<G> {
    const { deadlines, maxPending } = this.limits;
    const { size } = this.queue;
    if (size - served >= maxPending) {
      return Promise.reject(new QueueFullError(size, maxPending, { label: claim.label }));
    }
    return new Promise((resolve) => {
      const waiter = new Waiter<G>(claim, this, resolve);
      claim.phase = waiter;
      this.queue.push(waiter);
      deadlines.add(waiter, claim.acquireTimeoutMs, now);
    });
  }

  /** Serves the first waiter. */
  grant(granted: G): void {
    const { head } = this.queue;
    if (!head) return;
    this.#leave(head);
    head.resolve(granted);
  }

  /** Refuses the first waiter. */
  refuse(error: (claim: Claim) => unknown): void {
    const { head } = this.queue;
    if (head) this.#refuse(head, error(head.claim));
  }

  refuseAll(error: (claim: Claim) => unknown): void {
    while (this.queue.size > 0) this.refuse(error);
  }

  /** Refuses all but those of scopes that run already. */
  refuseNew(error: (claim: Claim) => unknown): void {
    for (const waiter of [...this.queue]) {
      if (!waiter.claim.running) this.#refuse(waiter, error(waiter.claim));
    }
  }

  /** Called by a waiter that goes by itself. */
  turnAway(waiter: Waiter<G>, error: unknown): void {
    this.#refuse(waiter, error);
    this.events.left();
  }

  #refuse(waiter: Waiter<G>, error: unknown): void {
    this.#leave(waiter);
    waiter.reject(error);
  }

  /** Once: from here on neither its limit nor its claim leads to it. */
  #leave(waiter: Waiter<G>): void {
    this.queue.remove(waiter);
    waiter.row?.remove(waiter);
    waiter.claim.phase = undefined;
  }
}

/** Each waiter gets an error of its own, with its own label. */
export function ownError(error: unknown): (claim: Claim) => unknown {
  if (error instanceof QueueFullError) {
    const { pending, maxPending } = error;
    return ({ label }) => new QueueFullError(pending, maxPending, { label });
  }
  if (!(error instanceof ConnectError)) return () => error;
  const { address, permanent, cause } = error;
  return ({ label }) => new ConnectError(address, permanent, { label, cause });
}
