import type { CallPhase } from '../core/call.js';
import type { Timer } from '../core/clock.js';
import { ClosedError, QueueFullError } from '../core/errors.js';
import { type Claim, ownError, Waiters } from '../pool/waiters.js';
import type { Engine } from '../server/engine.js';
import type { ActiveLease } from './exclusive-lease.js';
import { SharedLine } from './shared-connection.js';

type Lending = Pick<Engine, 'lender' | 'ledger' | 'deadlines' | 'clock'>;

export interface LineLimits {
  /** How long it is kept after the last scope has left. */
  readonly lingerMs: number;
  /** How long an idle connection may be used without being asked to answer. */
  readonly trustMs: number;
  readonly maxPending: number;
}

/** Lends the one shared line, opening it for the first scope and giving it back after the last. */
export class SharedLines {
  readonly #engine: Lending;
  readonly #limits: LineLimits;
  readonly #waiters: Waiters<SharedLine>;
  #current: SharedLine | undefined;
  #opening: Claim | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(engine: Lending, limits: LineLimits) {
    this.#engine = engine;
    this.#limits = limits;
    this.#waiters = new Waiters(engine.deadlines, {
      phase: () => 'connect',
      timedOut: (claim) => engine.lender.timedOut(claim, this.pending),
      stopped: () => {
        engine.ledger.cancelled += 1;
      },
      left: () => this.#abandon(),
    });
  }

  get pending(): number {
    return this.#waiters.size;
  }

  get current(): SharedLine | undefined {
    return this.#current;
  }

  /** The line, if it is open and in good order. */
  tryEnter(): SharedLine | undefined {
    const line = this.#current;
    if (!line) return undefined;
    const trusted = line.size > 0 || Date.now() - line.emptySince <= this.#limits.trustMs;
    if (line.usable && trusted) return line;
    this.#current = undefined;
    if (line.size === 0) void line.release(trusted);
    return undefined;
  }

  enter(claim: Claim, now: number): Promise<SharedLine> {
    if (this.#closed) return Promise.reject(this.#engine.lender.closedError(claim));
    // The first one's wait is the dial that all others wait for.
    if (this.pending > this.#limits.maxPending) {
      return Promise.reject(
        new QueueFullError(this.pending, this.#limits.maxPending, { label: claim.label }),
      );
    }
    const entered = this.#waiters.join(claim, now);
    this.#open(now);
    return entered;
  }

  /** Refuses who waits; an idle line is given back. */
  close(): void {
    this.#closed = true;
    this.#waiters.refuseAll((claim) => this.#engine.lender.closedError(claim));
    this.#abandon();
    this.#timer?.cancel();
    if (this.#current?.size === 0) void this.#retire(this.#current);
  }

  #open(now: number): void {
    if (this.#opening) return;
    const claim: Claim = { label: undefined, acquireTimeoutMs: Number.POSITIVE_INFINITY, phase: undefined };
    this.#opening = claim;
    const { lender } = this.#engine;
    const atHand = lender.tryAcquire(claim, now);
    if (atHand) {
      this.#opened(atHand);
      return;
    }
    lender.acquire(claim, now).then(
      (lease) => this.#opened(lease),
      (error: unknown) => this.#failed(error),
    );
  }

  #opened(lease: ActiveLease): void {
    this.#opening = undefined;
    const line = new SharedLine(lease, this.#engine.clock, (empty) => this.#emptied(empty));
    if (this.#waiters.size === 0) {
      void line.release();
      return;
    }
    this.#current = line;
    while (this.#waiters.size > 0) this.#waiters.grant(line);
  }

  #failed(error: unknown): void {
    this.#opening = undefined;
    this.#waiters.refuseAll((claim) => ownError(error, claim));
  }

  /** Nobody waits for the line any more, so nobody needs it opened. */
  #abandon(): void {
    const phase: CallPhase | undefined = this.#opening?.phase;
    if (this.#waiters.size === 0) phase?.stop(new ClosedError('shared'), 'closed');
  }

  #emptied(line: SharedLine): Promise<void> | undefined {
    const keeps =
      line === this.#current && this.#limits.lingerMs > 0 && !this.#closed && !line.connection.flaw;
    if (!keeps) return this.#retire(line);
    this.#timer ??= this.#linger(line);
    return undefined;
  }

  /** Given back if nobody has come in the meantime; one timer, however often it falls empty. */
  #linger(line: SharedLine): Timer {
    const { entered } = line;
    const timer = this.#engine.clock.after(this.#limits.lingerMs, () => {
      this.#timer = undefined;
      // By now it may be another one, which fell empty while this timer ran.
      const current = this.#current;
      if (!current || current.size > 0) return;
      if (current === line && line.entered === entered) void this.#retire(line);
      else this.#timer = this.#linger(current);
    });
    timer.unref();
    return timer;
  }

  #retire(line: SharedLine): Promise<void> | undefined {
    if (line === this.#current) this.#current = undefined;
    return line.release();
  }
}
