import type { Clock, Timer } from '../core/clock.js';
import { defer, noop } from '../core/outcome.js';
import type { Address } from './plan.js';

/** A question that nobody wants an answer to any more. */
export class Unwanted extends Error {}

/** Asks one node. `unwanted` rejects when it need not go on. */
export type Ask<A> = (address: Address, unwanted: Promise<never>) => Promise<A>;

/**
 * Asks many nodes the same: one after the other, the next one as soon as one has failed or has had its share of the time,
 * so that those that are dead cost next to nothing. The first answer ends it.
 */
export class Inquiry<A> {
  readonly #clock: Clock;
  readonly #shareMs: number;
  readonly #ask: Ask<A>;
  readonly #rest: Address[];
  readonly #failures: unknown[] = [];
  readonly #unwanted = defer<never>();
  readonly #answer = defer<A>();
  #underWay = 0;
  #share: Timer | undefined;
  #over = false;

  constructor(clock: Clock, shareMs: number, candidates: readonly Address[], ask: Ask<A>) {
    this.#clock = clock;
    this.#shareMs = shareMs;
    this.#rest = [...candidates];
    this.#ask = ask;
    this.#unwanted.promise.catch(noop);
  }

  /** Rejects with all failures when nobody has answered. */
  run(): Promise<A> {
    this.#next();
    return this.#answer.promise;
  }

  stop(): void {
    this.#end(() => this.#answer.reject(new Unwanted()));
  }

  #next(): void {
    this.#share?.cancel();
    this.#share = undefined;
    const address = this.#rest.shift();
    if (address === undefined) return;
    this.#underWay += 1;
    if (this.#rest.length > 0) this.#share = this.#clock.after(this.#shareMs, () => this.#next());
    this.#ask(address, this.#unwanted.promise).then(
      (answer) => this.#end(() => this.#answer.resolve(answer)),
      (error: unknown) => this.#failed(error),
    );
  }

  #failed(error: unknown): void {
    this.#underWay -= 1;
    if (this.#over) return;
    this.#failures.push(error);
    if (this.#rest.length > 0) this.#next();
    else if (this.#underWay === 0) this.#end(() => this.#answer.reject(this.#failures));
  }

  #end(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#share?.cancel();
    settle();
    this.#unwanted.reject(new Unwanted());
  }
}
