import type { Client, Command } from '../connection/client.js';
import { needsOwnConnection, type Rule } from '../connection/command-rules.js';
import type { Call } from '../core/call.js';
import type { CommandReport } from '../core/errors.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Engine } from '../server/engine.js';
import { Borrower } from './borrower.js';
import type { ActiveLease } from './exclusive-lease.js';
import { notShared } from './shared-lease.js';

/**
 * The use of a connection that an enclosing scope holds. Its end gives nothing back: what it left behind or in flight is
 * the outer lease's to settle. Only an end by force closes the connection, for a command may still run on it.
 */
export class InnerLease extends Borrower {
  readonly loan: ActiveLease;
  readonly #engine: Engine;
  /** Commands that a shared scope would refuse are refused here too, whatever the connection could take. */
  readonly #isShared: boolean;
  readonly #logged: number;
  #last: string | undefined;
  #ended: Promise<void> | undefined;

  constructor(engine: Engine, loan: ActiveLease, { label, isolation }: Call, since: number) {
    super(loan.resource, label, since);
    this.loan = loan;
    this.#engine = engine;
    this.#isShared = isolation === 'shared';
    this.#logged = loan.resource.log.written;
    loan.guests ??= new Set();
    loan.guests.add(this);
  }

  /** Everything that was sent on the connection since this scope began, the outer one's commands included. */
  report(): readonly CommandReport[] {
    const { log, unanswered } = this.resource;
    return log.report(this.#logged, unanswered);
  }

  release(): undefined {
    if (this.#ended) return;
    this.#ended = Promise.resolve();
    this.#leave('reused', 'nested');
  }

  destroy(reason: DestroyReason): Promise<void> {
    if (this.#ended) return this.#ended;
    this.#leave('destroyed', reason);
    this.#ended = this.#engine.source.discard(this.resource, reason);
    return this.#ended;
  }

  /** The outer lease is over, so this one can send nothing any more. */
  outlive(): void {
    this.revoke();
    this.lost();
  }

  override inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    return super.inspect(commands, stream) ?? this.loan.inspect(commands, stream);
  }

  protected override refusal(command: Command, rule: Rule, stream: unknown): Error | undefined {
    const refused = super.refusal(command, rule, stream);
    if (refused || !this.#isShared || !needsOwnConnection(command, rule, stream)) return refused;
    return notShared(command, this.label);
  }

  protected override transmit(
    _client: Client,
    command: Command,
    rule: Rule,
    stream: unknown,
    node: unknown,
  ): Promise<unknown> {
    this.noteWrite(command, rule);
    this.sent(command);
    return this.loan.send(command, stream, node);
  }

  protected sent({ name }: Command): void {
    this.#last = name;
  }

  protected get hasSent(): boolean {
    return this.#last !== undefined;
  }

  protected get lastCommand(): string | undefined {
    return this.#last;
  }

  #leave(disposition: 'reused' | 'destroyed', reason: string): void {
    this.revoke();
    this.loan.guests?.delete(this);
    const { observer, clock } = this.#engine;
    const { label, since } = this;
    this.announce(observer, () => ({
      label,
      heldMs: clock.now() - since,
      disposition,
      reason,
      inFlight: [],
    }));
  }
}
