import type { StopKind } from './call.js';
import type { Clock, Timer } from './clock.js';
import { Fifo, type FifoNode } from './fifo.js';

/** What a waiter needs of the call it waits for. */
export interface Claim {
  readonly label: string | undefined;
  readonly acquireTimeoutMs: number;
  onStop: ((error: unknown, kind: StopKind) => void) | undefined;
}

export class Waiter<G> implements FifoNode<Waiter<G>> {
  previous: Waiter<G> | undefined;
  next: Waiter<G> | undefined;
  queued = false;
  timer: Timer | undefined;

  constructor(
    readonly claim: Claim,
    readonly since: number,
    readonly resolve: (granted: G) => void,
    readonly reject: (error: unknown) => void,
  ) {}
}

export interface WaiterEvents<G> {
  /** The waiter has waited for as long as it may; its error is what is returned. */
  readonly timedOut: (waiter: Waiter<G>) => Error;
  readonly stopped: () => void;
  /** A waiter has gone without being granted anything. */
  readonly left: () => void;
}

/** Those who wait, first come first served. One that leaves takes its timer and its place along. */
export class Waiters<G> {
  readonly #queue = new Fifo<Waiter<G>>();
  readonly #clock: Clock;
  readonly #events: WaiterEvents<G>;

  constructor(clock: Clock, events: WaiterEvents<G>) {
    this.#clock = clock;
    this.#events = events;
  }

  get size(): number {
    return this.#queue.size;
  }

  get head(): Waiter<G> | undefined {
    return this.#queue.head;
  }

  join(claim: Claim): Promise<G> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter<G>(claim, this.#clock.now(), resolve, reject);
      this.#queue.push(waiter);
      claim.onStop = (error) => {
        this.#events.stopped();
        this.#turnAway(waiter, error);
      };
      if (claim.acquireTimeoutMs === Number.POSITIVE_INFINITY) return;
      waiter.timer = this.#clock.after(claim.acquireTimeoutMs, () =>
        this.#turnAway(waiter, this.#events.timedOut(waiter)),
      );
    });
  }

  /** Serves the first waiter. */
  grant(granted: G): void {
    const { head } = this.#queue;
    if (head && this.#leave(head)) head.resolve(granted);
  }

  /** Refuses the first waiter. */
  refuse(error: (claim: Claim) => unknown): void {
    const { head } = this.#queue;
    if (head && this.#leave(head)) head.reject(error(head.claim));
  }

  refuseAll(error: (claim: Claim) => unknown): void {
    while (this.#queue.size > 0) this.refuse(error);
  }

  #turnAway(waiter: Waiter<G>, error: unknown): void {
    if (!this.#leave(waiter)) return;
    waiter.reject(error);
    this.#events.left();
  }

  #leave(waiter: Waiter<G>): boolean {
    if (!this.#queue.remove(waiter)) return false;
    waiter.timer?.cancel();
    waiter.claim.onStop = undefined;
    return true;
  }
}
