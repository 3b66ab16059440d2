import type { Clock } from '../core/clock.js';
import { defer, noop } from '../core/outcome.js';
import type { DestroyReason, Ledger, Resource } from './ledger.js';
import type { Permits } from './permits.js';

/** A dial under way. Its promise settles only when it holds a ready connection or nothing at all. */
export interface Dial<T> {
  readonly promise: Promise<T>;
  abort(error: unknown): void;
}

/** What an adapter knows of its resource. */
export interface Driver<T> {
  dial(): Dial<T>;
  /** Resolves when the socket is closed, which it is at the latest after `graceMs`. Never rejects. */
  close(resource: T, graceMs: number): Promise<void>;
}

/** Something that will be there later, or is not wanted any more. */
export interface Take<T> {
  readonly promise: Promise<T>;
  cancel(): void;
}

/** The dial took longer than it may; whoever waits for it has a bound of its own. */
export class DialTimeoutError extends Error {
  override readonly name = 'DialTimeoutError';
}

/** The dial was given up because nobody wanted it any more. */
export class DialCancelledError extends Error {
  override readonly name = 'DialCancelledError';
}

export interface OpenerOptions<T> {
  readonly driver: Driver<T>;
  readonly permits: Permits;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly dialTimeoutMs: number;
  readonly onOpen: (resource: T, tookMs: number) => void;
  readonly onClose: (reason: DestroyReason) => void;
}

/** Opens and closes resources: one slot, one time bound and one entry in the ledger for each. */
export class Opener<T extends Resource> {
  readonly #options: OpenerOptions<T>;
  readonly #openings = new Set<Take<T>>();
  readonly #closings = new Map<T, Promise<void>>();
  #ended = false;

  constructor(options: OpenerOptions<T>) {
    this.#options = options;
  }

  open(): Take<T> {
    const { permits, driver, clock, dialTimeoutMs } = this.#options;
    const { promise, resolve, reject } = defer<T>();
    if (this.#ended) reject(new DialCancelledError('the instance is closed'));
    if (this.#ended) return { promise, cancel: noop };
    let dial: Dial<T> | undefined;
    const start = () => {
      dial = driver.dial();
      const timer = clock.after(dialTimeoutMs, () =>
        dial?.abort(new DialTimeoutError(`not connected within ${dialTimeoutMs} ms`)),
      );
      const settled = this.#settle(dial.promise, clock.now());
      settled.then(resolve, reject).then(() => timer.cancel());
    };
    const withdraw = permits.request(start);
    const take: Take<T> = {
      promise,
      cancel: () => {
        const error = new DialCancelledError('nobody waits for this connection any more');
        if (dial) dial.abort(error);
        else withdraw();
        if (!dial) reject(error);
      },
    };
    this.#openings.add(take);
    const forget = () => this.#openings.delete(take);
    promise.then(forget, forget);
    return take;
  }

  /** Ends a resource, once: a second call gets the same promise. */
  close(resource: T, reason: DestroyReason, graceMs: number): Promise<void> {
    const { ledger, driver, permits, onClose } = this.#options;
    if (!ledger.discarded(resource, reason)) return this.#closings.get(resource) ?? Promise.resolve();
    const closing = driver.close(resource, graceMs).then(() => {
      this.#closings.delete(resource);
      permits.free(true);
      onClose(reason);
    });
    this.#closings.set(resource, closing);
    return closing;
  }

  /** Nothing is opened any more, nor is what was begun finished. */
  end(): void {
    this.#ended = true;
    for (const take of this.#openings) take.cancel();
  }

  async #settle(dialled: Promise<T>, startedAt: number): Promise<T> {
    const { permits, ledger, clock, onOpen } = this.#options;
    let resource: T;
    try {
      resource = await dialled;
    } catch (error) {
      permits.free(false);
      throw error;
    }
    permits.connected();
    ledger.opened(resource);
    onOpen(resource, clock.now() - startedAt);
    return resource;
  }
}
