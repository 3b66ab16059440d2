import type { Connection } from './connection.js';
import { notify, type Observer, type ReleaseEvent } from './core/events.js';
import type { DestroyReason } from './core/ledger.js';
import type { Loan } from './core/loan.js';
import type { Engine } from './engine.js';
import type { ScopedRedis } from './scoped-client.js';
import { Session, type Verdict } from './session.js';

/** A lease that is still held. */
export interface HeldLease {
  readonly label: string | undefined;
  readonly heldMs: number;
  /** The command that was issued last. */
  readonly lastCommand: string | undefined;
}

export interface LeaseSettings {
  readonly observer: Observer | undefined;
  readonly releaseTimeoutMs: number;
}

const DONE = Promise.resolve();

/** A connection on loan together with what its borrower does to it. Ends once, one way or the other. */
export class ActiveLease {
  readonly session: Session;
  readonly #engine: Engine;
  readonly #loan: Loan<Connection>;
  readonly #settings: LeaseSettings;
  #ended: Promise<void> | undefined;

  constructor(engine: Engine, loan: Loan<Connection>, settings: LeaseSettings) {
    this.#engine = engine;
    this.#loan = loan;
    this.#settings = settings;
    this.session = new Session(loan.resource, loan.label);
    loan.holder = this;
  }

  get redis(): ScopedRedis {
    return this.session.redis;
  }

  /** Called when the connection is lost while it is lent. */
  set onLost(handler: (() => void) | undefined) {
    this.#loan.resource.onLentLost = handler;
  }

  /** Called when the instance is closed by force. */
  set onForce(handler: Loan<Connection>['onForce']) {
    this.#loan.onForce = handler;
  }

  /** The connection goes back if it is clean or can be cleaned, else it is closed. Never rejects. */
  release(): Promise<void> | undefined {
    if (this.#ended) return this.#ended;
    const { forceMs, source, clock } = this.#engine;
    const budgetMs = this.#settings.releaseTimeoutMs - forceMs;
    const verdict = this.session.settle(source.keeps, budgetMs, clock);
    const end = typeof verdict === 'string' ? this.#end(verdict) : verdict.then((late) => this.#end(late));
    this.#ended = end ?? DONE;
    return end;
  }

  /** The connection is closed, whatever state it is in. Never rejects. */
  destroy(reason: DestroyReason): Promise<void> {
    if (this.#ended) return this.#ended;
    this.session.revoke();
    this.#ended = this.#end(reason) ?? DONE;
    return this.#ended;
  }

  describe(now: number): HeldLease {
    const { label, since } = this.#loan;
    return { label, heldMs: now - since, lastCommand: this.session.state.last };
  }

  #end(verdict: Verdict): Promise<void> | undefined {
    const { lender } = this.#engine;
    const { observer } = this.#settings;
    this.onLost = undefined;
    const keep = verdict === 'reuse' || verdict === 'cleaned';
    const gone = keep ? lender.release(this.#loan) : lender.discard(this.#loan, verdict);
    const { failure } = this.session;
    const { label } = this.#loan;
    if (failure) notify(observer, 'onReleaseError', () => ({ label, error: failure }));
    notify(observer, 'onRelease', () => this.#releaseEvent(verdict));
    return gone;
  }

  #releaseEvent(verdict: Verdict): ReleaseEvent {
    const { label, since } = this.#loan;
    const { inFlight, state } = this.session;
    const base = { label, heldMs: this.#engine.clock.now() - since, inFlight };
    if (verdict !== 'reuse' && verdict !== 'cleaned') {
      const by = verdict === 'dirty' ? state.dirtiedBy : undefined;
      return {
        ...base,
        disposition: 'destroyed',
        reason: by === undefined ? verdict : `${verdict}: ${by}`,
      };
    }
    if (!this.#engine.source.keeps) return { ...base, disposition: 'destroyed', reason: 'unpooled' };
    if (verdict === 'cleaned') return { ...base, disposition: 'cleaned', reason: 'undone' };
    return { ...base, disposition: 'reused', reason: 'clean' };
  }
}
