/** A round of calls, as far as the curves need to know it. */
export interface Round {
  readonly startedAt: number;
  /** When the second half of its calls began. */
  readonly halfTime: number;
  /** Whether what closes slowly had been waited for when it began. */
  readonly beganSettled: boolean;
}

/**
 * How the number of something grew, one stretch of calls after the other. A round is two stretches where its own growth
 * can be told in halves.
 */
export class Curve {
  readonly #closed: number[] = [];
  #open: readonly number[] = [];
  #before = 0;
  #now = 0;
  /** Some of those before the round have gone: replaced, or closed slowly. */
  isAmbiguous = false;

  get growth(): readonly number[] {
    return [...this.#closed, ...this.#open];
  }

  /** Looks again at the round that has ended. */
  look(items: readonly { readonly at: number }[], { startedAt, halfTime, beganSettled }: Round): void {
    const fresh = items.filter(({ at }) => at >= startedAt);
    const isWhole = items.length - fresh.length >= this.#before;
    this.isAmbiguous = !isWhole && !beganSettled && fresh.length > 0;
    this.#now = items.length;
    if (isWhole) this.#open = inHalves(fresh, halfTime);
    else this.#open = [beganSettled ? items.length - this.#before : fresh.length];
  }

  /** Of something that is only counted. */
  count(items: number): void {
    this.#open = [items - this.#before];
    this.#now = items;
  }

  /** Begins the next round. */
  close(): void {
    this.#closed.push(...this.#open);
    this.#open = [];
    this.#before = this.#now;
  }

  /** Begins the first one that counts. */
  begin(): void {
    this.close();
    this.#closed.length = 0;
  }
}

function inHalves(fresh: readonly { readonly at: number }[], halfTime: number): number[] {
  const early = fresh.filter(({ at }) => at < halfTime).length;
  return [early, fresh.length - early];
}
