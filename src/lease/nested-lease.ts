import type { Command } from '../connection/client.js';
import type { Rule } from '../connection/command-rules.js';
import type { Call } from '../core/call.js';
import { tellOfEnd, tellOfPart } from '../observe/channels.js';
import type { DestroyReason } from '../pool/ledger.js';
import { Borrower } from './borrower.js';
import type { Guest, LeaseContext } from './context.js';
import type { ExclusiveLease } from './exclusive-lease.js';
import { Sharing } from './sharing.js';

/**
 * The use of a connection that an enclosing scope holds. Its end gives nothing back: what it left behind or in flight is
 * the outer lease's to settle. Only an end by force closes the connection, for a command may still run on it. It ends with
 * its scope, or with the outer lease, if that is over first; nobody holds one by hand.
 */
export class NestedLease extends Borrower implements Guest {
  /** The lease of the enclosing scope. */
  readonly grant: ExclusiveLease;
  readonly #context: LeaseContext;
  /** Commands that a shared scope would refuse are refused here too, whatever the connection could take. */
  readonly #sharing: Sharing | undefined;

  constructor(context: LeaseContext, outer: ExclusiveLease, { label, isolation }: Call, since: number) {
    super(outer.connection, label, since);
    this.grant = outer;
    this.#context = context;
    this.#sharing = isolation === 'shared' ? new Sharing() : undefined;
    outer.guests ??= new Set();
    outer.guests.add(this);
  }

  get watchesEnded(): number {
    return this.grant.watchesEnded;
  }

  protected giveBack(): undefined {
    this.grant.guests?.delete(this);
    tellOfPart(this, this.#context, 'nested', []);
  }

  protected async close(reason: DestroyReason): Promise<void> {
    this.grant.guests?.delete(this);
    tellOfEnd(this, this.#context, () => ({ disposition: 'destroyed', reason, inFlight: [] }));
    const { connection, grant } = this;
    const letGo = grant.letGo();
    if (letGo) await letGo;
    // Where the outer lease is over by now the connection is somebody else's.
    if (connection.user === grant) await this.#context.discard(connection, reason);
  }

  outlive(): void {
    this.release();
    this.holder?.lost('the scope around this one is over, and its connection given back');
  }

  override inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    return super.inspect(commands, stream) ?? this.grant.inspect(commands, stream);
  }

  protected override refusal(command: Command, rule: Rule, stream: unknown): Error | undefined {
    return super.refusal(command, rule, stream) ?? this.#sharing?.refusal(this, command, rule, stream);
  }

  protected transmit(command: Command, rule: Rule, stream: unknown, node: unknown): void {
    const { written } = this.connection;
    void this.grant.send(command, stream, node);
    this.note(command, rule, this.connection.written > written);
  }
}
