import { defer, noop } from '../core/outcome.js';

/**
 * The hard bound on sockets. A permit is held from before the dial until the socket is closed, so that dialling and
 * closing connections count too.
 */
export class Permits {
  readonly #maxOpen: number;
  readonly #maxConnecting: number;
  readonly #queue = new Set<() => void>();
  /** Sockets that exist or are being opened. */
  #open = 0;
  #connecting = 0;
  #emptied = defer<void>();

  constructor(maxOpen: number, maxConnecting: number) {
    this.#maxOpen = maxOpen;
    this.#maxConnecting = maxConnecting;
  }

  get connecting(): number {
    return this.#connecting;
  }

  /** Calls `grant` when one is free, at once if one is. Returns what takes the request back. */
  request(grant: () => void): () => void {
    this.#queue.add(grant);
    this.#pump();
    return this.#queue.has(grant) ? () => this.#queue.delete(grant) : noop;
  }

  /** The dial is over: it became a connection. */
  connected(): void {
    this.#connecting -= 1;
    this.#pump();
  }

  /** The socket is closed; `dialled` is false if it never became a connection. */
  free(dialled: boolean): void {
    this.#open -= 1;
    if (!dialled) this.#connecting -= 1;
    if (this.#open === 0) {
      this.#emptied.resolve();
      this.#emptied = defer<void>();
    }
    this.#pump();
  }

  /** Resolves once no socket is left. */
  async whenEmpty(): Promise<void> {
    if (this.#open > 0) await this.#emptied.promise;
  }

  #pump(): void {
    for (const grant of this.#queue) {
      if (this.#open >= this.#maxOpen || this.#connecting >= this.#maxConnecting) return;
      this.#queue.delete(grant);
      this.#open += 1;
      this.#connecting += 1;
      grant();
    }
  }
}
