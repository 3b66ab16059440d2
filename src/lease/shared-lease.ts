import type { Command } from '../connection/client.js';
import type { Rule } from '../connection/command-rules.js';
import { leavesOpen } from '../connection/multi-blocks.js';
import { within } from '../core/clock.js';
import { noop } from '../core/outcome.js';
import { notShared } from '../handle/refusals.js';
import { tellOfPart } from '../observe/channels.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Claim } from '../pool/waiters.js';
import { Borrower } from './borrower.js';
import type { LeaseContext } from './context.js';
import type { ExclusiveLease } from './exclusive-lease.js';
import type { SharedConnection } from './shared-connection.js';
import { Sharing } from './sharing.js';

/**
 * The use of a connection together with others: nothing may be sent that they would notice. It is ended by the scope that
 * it is of; nobody holds one by hand.
 */
export class SharedLease extends Borrower {
  protected readonly shared: SharedConnection;
  readonly #context: LeaseContext;
  readonly #sharing = new Sharing();

  constructor(context: LeaseContext, shared: SharedConnection, { label }: Claim, since: number) {
    super(shared.connection, label, since);
    this.shared = shared;
    this.#context = context;
  }

  get grant(): ExclusiveLease {
    return this.shared.lease;
  }

  /** At once, unless an `await` was forgotten: then its reply is waited for, within the release's limit. */
  protected giveBack(spentMs: number): Promise<void> | undefined {
    const end = this.quiet() ? this.shared.leave(this, spentMs) : this.#releaseLate(spentMs);
    this.tell();
    return end;
  }

  /** The others go on; replies to this one's commands go nowhere. */
  protected close(_reason: DestroyReason): Promise<void> | undefined {
    if (!this.quiet()) this.shared.suspect();
    this.tell();
    return this.shared.leave(this);
  }

  override inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    const refused = super.inspect(commands, stream);
    if (refused || !this.client) return refused;
    return leavesOpen(commands, stream) ? this.refusalOfOpenBlock() : undefined;
  }

  protected override refusal(command: Command, rule: Rule, stream: unknown): Error | undefined {
    return super.refusal(command, rule, stream) ?? this.refusalToShare(command, rule, stream);
  }

  /** Why the command must not be sent where others would notice. */
  protected refusalToShare(command: Command, rule: Rule, stream: unknown): Error | undefined {
    return this.#sharing.refusal(this, command, rule, stream);
  }

  /** Called for a transaction that a pipeline begins and does not end. */
  protected refusalOfOpenBlock(): Error | undefined {
    return notShared('multi', this.label);
  }

  protected transmit(command: Command, rule: Rule, stream: unknown, node: unknown): void {
    this.note(command, rule, this.connection.write(command, stream, node));
  }

  /** True when every command of this scope has its reply. */
  protected quiet(): boolean {
    return this.sent === undefined || this.sent.lastSerial <= this.connection.answered;
  }

  protected async settled(): Promise<void> {
    while (!this.quiet() && !this.connection.flaw) {
      const last = this.sent?.last;
      await last?.promise.catch(noop);
      // Given up on the client's side: its reply will come to nobody.
      if (this.sent?.last === last) return;
    }
  }

  /** @param startedAt When the release began: its limit is one for all that is given back. */
  protected async leave(startedAt: number): Promise<void> {
    await this.shared.leave(this, this.#context.clock.now() - startedAt);
  }

  protected tell(): void {
    if ((!this.#context.observer && !this.trace) || this.silent) return;
    const inFlight = this.report().flatMap(({ name, status }) => (status === 'in-doubt' ? [name] : []));
    tellOfPart(this, this.#context, 'shared', inFlight);
  }

  async #releaseLate(spentMs: number): Promise<void> {
    const { clock, gracefulMs } = this.#context;
    const startedAt = clock.now() - spentMs;
    await within(clock, Math.max(1, gracefulMs - spentMs), this.settled(), noop);
    if (this.sent && this.sent.lastSerial > this.connection.answered) this.shared.giveUp();
    await this.leave(startedAt);
  }
}
