import type { Take } from './opener.js';
import type { Source } from './source.js';

export interface IntakeEvents<T> {
  /** How many wait. */
  readonly wanted: () => number;
  /** How many more may be lent. */
  readonly free: () => number;
  readonly arrived: (resource: T) => void;
  readonly failed: (error: unknown) => void;
}

/** What is under way from the source: one for each who waits, as far as the bound allows. */
export class Intake<T> {
  readonly #source: Source<T>;
  readonly #events: IntakeEvents<T>;
  readonly #takes = new Set<Take<T>>();

  constructor(source: Source<T>, events: IntakeEvents<T>) {
    this.#source = source;
    this.#events = events;
  }

  get size(): number {
    return this.#takes.size;
  }

  pump(): void {
    const { wanted, free } = this.#events;
    while (wanted() > this.#takes.size && free() > this.#takes.size) this.#start();
  }

  /** A dial that nobody waits for is given up, where its result would not be kept. */
  cancelSurplus(): void {
    if (this.#source.keeps) return;
    for (const take of [...this.#takes].reverse()) {
      if (this.#takes.size <= this.#events.wanted()) return;
      this.#takes.delete(take);
      take.cancel();
    }
  }

  #start(): void {
    const take = this.#source.take();
    this.#takes.add(take);
    const finish = (use: () => void) => {
      this.#takes.delete(take);
      use();
      this.pump();
    };
    take.promise.then(
      (resource) => finish(() => this.#events.arrived(resource)),
      (error: unknown) => finish(() => this.#events.failed(error)),
    );
  }
}
