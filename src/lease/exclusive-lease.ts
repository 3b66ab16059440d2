import type { Client, Command } from '../connection/client.js';
import type { Rule } from '../connection/command-rules.js';
import type { Connection } from '../connection/connection.js';
import { ConnectionState } from '../connection/connection-state.js';
import { cleanUp, type Verdict } from '../connection/reset.js';
import type { ClosedError, CommandReport } from '../core/errors.js';
import { notify } from '../observe/events.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Engine } from '../server/engine.js';
import type { InnerLease } from './nested-lease.js';
import { Sender } from './sender.js';

const DONE = Promise.resolve();

/** A connection on loan to one borrower alone. Ends once, one way or the other. */
export class ActiveLease extends Sender {
  /** What the borrower did to the connection, if anything. */
  state: ConnectionState | undefined;
  /** Commands that were unanswered when the borrower was done. */
  inFlight: readonly string[] | undefined;
  /** What went wrong while releasing. */
  failure: Error | undefined;
  /** Scopes inside its own that use the connection too. */
  guests: Set<InnerLease> | undefined;
  readonly #engine: Engine;
  readonly #logged: number;
  #ended: Promise<void> | undefined;

  constructor(engine: Engine, connection: Connection, label: string | undefined, since: number) {
    super(connection, label, since);
    this.#engine = engine;
    this.#logged = connection.log.written;
    connection.loan = this;
  }

  get loan(): this {
    return this;
  }

  get clean(): boolean {
    return this.state?.clean ?? true;
  }

  report(): readonly CommandReport[] {
    const { log, unanswered } = this.resource;
    return [...log.report(this.#logged, unanswered), ...this.unsent];
  }

  /**
   * The connection goes back if it is clean or can be cleaned, else it is closed.
   *
   * @param spent Nothing is left of the release's limit for a graceful close.
   */
  release(spent = false): Promise<void> | undefined {
    if (this.#ended) return this.#ended;
    this.revoke();
    const verdict = this.#judge();
    const end =
      typeof verdict !== 'string'
        ? verdict.then((late) => this.#endLate(late))
        : spent
          ? this.#endLate(verdict)
          : this.#end(verdict);
    this.#ended = end ?? DONE;
    return end;
  }

  /** The connection is closed, whatever state it is in. */
  destroy(reason: DestroyReason): Promise<void> {
    if (this.#ended) return this.#ended;
    this.revoke();
    this.#ended = this.#end(reason) ?? DONE;
    return this.#ended;
  }

  override lost(): void {
    for (const guest of this.guests ?? []) guest.lost();
    super.lost();
  }

  override force(error: ClosedError): void {
    for (const guest of this.guests ?? []) guest.force(error);
    super.force(error);
  }

  protected override revoke(): void {
    super.revoke();
    if (this.guests) for (const guest of this.guests) guest.outlive();
  }

  protected override transmit(
    client: Client,
    command: Command,
    rule: Rule,
    stream: unknown,
    node: unknown,
  ): Promise<unknown> {
    if (rule.effect !== 'none') {
      this.state ??= new ConnectionState();
      this.state.note(command, rule.effect);
    }
    return super.transmit(client, command, rule, stream, node);
  }

  protected sent(command: Command): void {
    this.resource.log.note(command.name);
  }

  protected get hasSent(): boolean {
    return this.resource.log.written > this.#logged;
  }

  protected get lastCommand(): string | undefined {
    return this.resource.log.last(this.#logged);
  }

  /** At once where nothing is to be done. */
  #judge(): Verdict | Promise<Verdict> {
    const { flaw, unanswered } = this.resource;
    if (flaw) return flaw;
    const { source } = this.#engine;
    if (unanswered === 0 && (this.clean || !source.keeps)) return 'reuse';
    return cleanUp(this, this.#engine);
  }

  /** The time for a graceful close is spent already. */
  #endLate(verdict: Verdict): Promise<void> | undefined {
    return this.#end(verdict === 'reuse' && !this.#engine.source.keeps ? 'unpooled' : verdict);
  }

  #end(verdict: Verdict): Promise<void> | undefined {
    const { lender, observer } = this.#engine;
    this.resource.loan = undefined;
    const keep = verdict === 'reuse' || verdict === 'cleaned';
    const gone = keep ? lender.release(this) : lender.discard(this, verdict);
    if ((observer || this.trace) && !this.silent) this.#tell(verdict);
    return gone;
  }

  #tell(verdict: Verdict): void {
    const { observer, clock, source } = this.#engine;
    const { label, failure, inFlight = [] } = this;
    if (failure) notify(observer, 'onReleaseError', () => ({ label, error: failure }));
    const kept = source.keeps && (verdict === 'reuse' || verdict === 'cleaned');
    const reason = verdict === 'dirty' ? `dirty: ${this.state?.dirtiedBy ?? 'not undone'}` : verdict;
    this.announce(observer, () => ({
      label,
      inFlight,
      heldMs: clock.now() - this.since,
      disposition: kept ? (verdict === 'reuse' ? 'reused' : 'cleaned') : 'destroyed',
      reason: verdict === 'reuse' ? (kept ? 'clean' : 'unpooled') : verdict === 'cleaned' ? 'undone' : reason,
    }));
  }
}
