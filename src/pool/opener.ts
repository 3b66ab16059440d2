import type { Clock } from '../core/clock.js';
import { defer, noop } from '../core/outcome.js';
import type { DestroyReason, Ledger, Resource } from './ledger.js';
import type { Permits } from './permits.js';

/** A dial under way. Its promise settles only when it holds a ready connection or nothing at all. */
export interface Dial<T> {
  readonly promise: Promise<T>;
  abort(error: unknown): void;
  /** How far it has come, in words. */
  progress?(): string;
}

/** What an adapter knows of its resource. */
export interface Driver<T> {
  dial(): Dial<T>;
  /**
   * Resolves when the socket is closed, which it is at the latest after `graceMs`. Never rejects.
   *
   * @param graceMs What is left out is for one that must go at once: long enough for a healthy server to see the end, short
   * for all others.
   */
  close(resource: T, graceMs?: number): Promise<void>;
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
  /** Asked when a dial begins. */
  readonly dialTimeoutMs: () => number;
  readonly onOpen: (resource: T, tookMs: number) => void;
  readonly onClose: (reason: DestroyReason) => void;
}

/** By then whoever has waited for it as long has left, with limits that end at whole ms: another dial is not for him. */
const LATER_MS = 2;

/** Bound of a dial where who waits has none, in ms. */
const LONGEST_DIAL_MS = 10_000;

/** How long a dial may take for who waits so long. */
export function boundOfDial(waitMs: number): number {
  return Number.isFinite(waitMs) ? waitMs : LONGEST_DIAL_MS;
}

/** What is gone sooner than that, nobody could have used. */
const STILLBORN_MS = 250;

/** Reasons to close what nobody has used that opening another one would not help against. */
const FAULTS: ReadonlySet<DestroyReason> = new Set(['lost', 'unhealthy', 'maxLifetime']);

/** Before the next one, after so many that were of no use to anybody; one may be bad luck. */
export function pauseMs(inVain: number): number {
  return inVain < 2 ? 0 : Math.min(10 * 2 ** (inVain - 2), 1_000);
}

/** Opens and closes resources: one slot, one time bound and one entry in the ledger for each. */
export class Opener<T extends Resource> {
  readonly #options: OpenerOptions<T>;
  readonly #openings = new Set<Take<T>>();
  readonly #dials = new Set<Dial<T>>();
  readonly #closings = new Map<T, Promise<void>>();
  readonly #openedAt = new WeakMap<T, number>();
  /** Resources, one after the other, that had to be closed before anybody could use them. */
  #stillborn = 0;
  #ended = false;

  constructor(options: OpenerOptions<T>) {
    this.#options = options;
  }

  /** @param isLent It may be lent, and so it is in the ledger. One that is not is closed by `closeAside`. */
  open(isLent = true): Take<T> {
    const { driver, clock, dialTimeoutMs } = this.#options;
    if (this.#ended)
      return { promise: Promise.reject(new DialCancelledError('the instance is closed')), cancel: noop };
    const { promise, resolve, reject } = defer<T>();
    let dial: Dial<T> | undefined;
    const start = () => {
      const begun = driver.dial();
      dial = begun;
      this.#dials.add(begun);
      const boundMs = dialTimeoutMs();
      const timer = clock.after(boundMs + LATER_MS, () => {
        const progress = begun.progress?.() ?? 'not connected';
        begun.abort(new DialTimeoutError(`${progress} within ${boundMs} ms`));
      });
      const settled = this.#settle(begun.promise, clock.now(), isLent);
      settled.then(resolve, reject).then(() => {
        timer.cancel();
        this.#dials.delete(begun);
      });
    };
    const withdraw = this.#whenAllowed(start);
    const take: Take<T> = {
      promise,
      cancel: () => {
        const error = new DialCancelledError('nobody waits for this connection any more');
        if (dial) dial.abort(error);
        else {
          withdraw();
          reject(error);
        }
      },
    };
    this.#openings.add(take);
    const forget = () => this.#openings.delete(take);
    promise.then(forget, forget);
    return take;
  }

  /** Ends a resource, once: a second call gets the same promise. */
  close(resource: T, reason: DestroyReason, graceMs?: number): Promise<void> {
    const { ledger, driver, permits, clock, onClose } = this.#options;
    if (!ledger.discarded(resource, reason)) return this.#closings.get(resource) ?? Promise.resolve();
    const livedMs = clock.now() - (this.#openedAt.get(resource) ?? 0);
    if (resource.lent > 0 || livedMs > STILLBORN_MS) this.#stillborn = 0;
    else if (FAULTS.has(reason)) this.#stillborn += 1;
    const closing = driver.close(resource, graceMs).then(() => {
      this.#closings.delete(resource);
      permits.free(true);
      onClose(reason);
    });
    this.#closings.set(resource, closing);
    return closing;
  }

  async closeAside(resource: T): Promise<void> {
    const { driver, permits } = this.#options;
    await driver.close(resource);
    permits.free(true);
  }

  /** How far the oldest dial under way has come, in words. */
  get progress(): string | undefined {
    const [dial] = this.#dials;
    return dial?.progress?.();
  }

  /** Nothing is opened any more, nor is what was begun finished. */
  end(): void {
    this.#ended = true;
    for (const take of this.#openings) take.cancel();
  }

  /** At once, unless what was opened before was of no use: then there is a growing pause. Returns what takes it back. */
  #whenAllowed(start: () => void): () => void {
    const { permits, clock } = this.#options;
    const ms = pauseMs(this.#stillborn);
    if (ms === 0) return permits.request(start);
    let withdraw: () => void = noop;
    const timer = clock.after(ms, () => {
      withdraw = permits.request(start);
    });
    return () => {
      timer.cancel();
      withdraw();
    };
  }

  async #settle(dialled: Promise<T>, startedAt: number, isLent: boolean): Promise<T> {
    const { permits, ledger, clock, onOpen } = this.#options;
    let resource: T;
    try {
      resource = await dialled;
    } catch (error) {
      permits.free(false);
      throw error;
    }
    permits.connected();
    if (isLent) {
      ledger.opened(resource);
      this.#openedAt.set(resource, clock.now());
      onOpen(resource, clock.now() - startedAt);
    }
    return resource;
  }
}
