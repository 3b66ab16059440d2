/**
 * What comes back in one turn of the event loop goes out together at its end. Connections that are written to one after
 * the other, as replies come in, each wake the server by themselves.
 */
export class HandOver<T> {
  readonly #pass: (item: T) => void;
  readonly #flush = () => this.flush();
  #items: T[] = [];

  constructor(pass: (item: T) => void) {
    this.#pass = pass;
  }

  add(item: T): void {
    if (this.#items.push(item) === 1) setImmediate(this.#flush);
  }

  /** At once, for who cannot wait for the end of the turn. */
  flush(): void {
    const items = this.#items;
    this.#items = [];
    for (const item of items) this.#pass(item);
  }
}
