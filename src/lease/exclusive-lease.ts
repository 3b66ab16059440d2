import type { Command } from '../connection/client.js';
import { needsOwnConnection, type Rule } from '../connection/command-rules.js';
import type { Connection } from '../connection/connection.js';
import { ConnectionState } from '../connection/connection-state.js';
import { type ResetReport, reset, type Verdict } from '../connection/reset.js';
import { noteSubscription } from '../connection/shard-subscription.js';
import { until } from '../core/clock.js';
import { unconfirmed } from '../handle/refusals.js';
import { tellOfEnd } from '../observe/channels.js';
import { notify, type ReleaseEvent } from '../observe/events.js';
import type { Grant } from '../pool/grant.js';
import type { DestroyReason } from '../pool/ledger.js';
import { type Beside, Blocked } from './blocked.js';
import { Borrower } from './borrower.js';
import type { LeaseContext } from './context.js';

/** A connection lent to one borrower alone. Ends once, one way or the other. */
export class ExclusiveLease extends Borrower implements Grant {
  /** What the borrower did to the connection, if anything. */
  state: ConnectionState | undefined;
  /** What came of the reset, where there was one. */
  resetReport: Omit<ResetReport, 'verdict'> | undefined;
  /** Of a scope that has used another connection before. */
  moved = false;
  #blocked: Blocked | undefined;
  readonly #context: LeaseContext;

  constructor(context: LeaseContext, connection: Connection, label: string | undefined, since: number) {
    super(connection, label, since);
    this.#context = context;
    connection.user = this;
  }

  get grant(): this {
    return this;
  }

  get watchesEnded(): number {
    return this.state?.watchesEnded ?? 0;
  }

  get clean(): boolean {
    return this.state?.clean ?? true;
  }

  /** The connection goes back if it is clean or can be cleaned, else it is closed. */
  protected giveBack(spentMs: number): Promise<void> | undefined {
    const { flaw, unanswered } = this.connection;
    const { keeps } = this.#context;
    const isReady = unanswered === 0 && (!keeps || (this.state?.clean ?? true));
    if (!flaw && !isReady) return this.#resetAndEnd(spentMs);
    return this.#end(flaw ?? (spentMs > 0 && !keeps ? 'unpooled' : 'reuse'));
  }

  /** The connection is closed, whatever state it is in. */
  protected close(reason: DestroyReason): Promise<void> | undefined {
    const free = this.letGo();
    return free ? free.then(() => this.#end(reason)) : this.#end(reason);
  }

  /** Where a command waits at the server, has that let go of it first, within the limit of a release. */
  letGo(limitMs = this.#context.gracefulMs): Promise<void> | undefined {
    const blocked = this.#blocked;
    if (!blocked?.waits) return undefined;
    const { clock } = this.#context;
    const beside: Beside = (claim) => this.#context.beside(claim, clock.now());
    return until(clock, limitMs, (late) => Promise.race([blocked.letGo(beside, clock, late), late]));
  }

  protected override refusal(command: Command, rule: Rule, stream: unknown): Error | undefined {
    if (rule.effect === 'confirm' && this.moved && !this.wrote) return unconfirmed(command.name, this.label);
    return super.refusal(command, rule, stream);
  }

  protected transmit(command: Command, rule: Rule, stream: unknown, node: unknown): void {
    if (rule.effect !== 'none') {
      this.state ??= new ConnectionState();
      this.state.note(command, rule.effect);
      if (rule.effect === 'subscribe') {
        this.connection.expectPushes();
        noteSubscription(this.connection.client, command);
      }
    }
    if (rule.blocks && needsOwnConnection(command, rule, stream)) {
      this.#blocked ??= new Blocked(this.connection);
      this.#blocked.note(command, stream === undefined && this.clean);
    }
    this.note(command, rule, this.connection.write(command, stream, node));
  }

  async #resetAndEnd(spentMs: number): Promise<void> {
    const { keeps, clock, gracefulMs } = this.#context;
    const leftMs = Math.max(1, gracefulMs - spentMs);
    // What waits at the server may take something in the end: half of the time is for having it let go.
    const limitMs = this.#blocked?.waits ? leftMs / 2 : leftMs;
    const { verdict, ...report } = await reset(this.connection, this.state, keeps, clock, limitMs);
    this.resetReport = report;
    await this.letGo(leftMs - limitMs);
    // The time for a graceful close is spent already.
    await this.#end(verdict === 'reuse' && !keeps ? 'unpooled' : verdict);
  }

  #end(verdict: Verdict): Promise<void> | undefined {
    const { lender, observer } = this.#context;
    const { connection } = this;
    connection.user = undefined;
    const gone =
      verdict === 'reuse' || verdict === 'cleaned'
        ? lender.release(this, connection)
        : lender.discard(this, connection, verdict);
    if ((observer || this.trace) && !this.silent) this.#tell(verdict);
    return gone;
  }

  #tell(verdict: Verdict): void {
    const { label } = this;
    const { failure, inFlight = [] } = this.resetReport ?? {};
    if (failure) notify(this.#context.observer, 'onReleaseError', () => ({ label, error: failure }));
    tellOfEnd(this, this.#context, () => ({ inFlight, ...this.#disposition(verdict) }));
  }

  #disposition(verdict: Verdict): Pick<ReleaseEvent, 'disposition' | 'reason'> {
    if (verdict === 'dirty') {
      return { disposition: 'destroyed', reason: `dirty: ${this.state?.dirtiedBy ?? 'not undone'}` };
    }
    if (verdict !== 'reuse' && verdict !== 'cleaned') return { disposition: 'destroyed', reason: verdict };
    if (!this.#context.keeps) return { disposition: 'destroyed', reason: 'unpooled' };
    return verdict === 'reuse'
      ? { disposition: 'reused', reason: 'clean' }
      : { disposition: 'cleaned', reason: 'undone' };
  }
}
