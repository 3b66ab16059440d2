import type { Command } from '../connection/client.js';
import type { Rule } from '../connection/command-rules.js';
import { blocksIn } from '../connection/multi-blocks.js';
import type { Call, Isolation } from '../core/call.js';
import { within } from '../core/clock.js';
import type { CommandReport } from '../core/errors.js';
import { noop } from '../core/outcome.js';
import { notShared, releasedError, unconfirmed } from '../handle/refusals.js';
import { Borrower } from '../lease/borrower.js';
import type { LeaseContext } from '../lease/context.js';
import { ExclusiveLease } from '../lease/exclusive-lease.js';
import { Sharing } from '../lease/sharing.js';
import { tellOfPart } from '../observe/channels.js';
import type { DestroyReason } from '../pool/ledger.js';
import { CommandRecord, type Entry } from './command-record.js';
import { Dispatcher, type Traveller } from './dispatcher.js';
import type { NodeLease, Place, Router } from './router.js';
import type { Scopes } from './scopes.js';
import { Unit } from './unit.js';

export interface ClusterContext extends Pick<LeaseContext, 'clock' | 'observer' | 'gracefulMs'> {
  readonly router: Router;
  readonly scopes: Scopes;
}

/** A scope in a cluster: one handle, whatever connections its commands take. */
export class ClusterLease extends Borrower implements Traveller {
  readonly acquireTimeoutMs: number;
  readonly #context: ClusterContext;
  readonly #isolation: Isolation;
  readonly #dispatcher: Dispatcher;
  readonly #record = new CommandRecord();
  readonly #sharing = new Sharing();
  /** Of what the call is about. */
  readonly #slot: number | undefined;
  #lastSlot: number | undefined;
  /** The transaction that is being handed over, command by command. */
  #block: Unit | undefined;
  /** MULTI commands whose EXEC follows in the same piece. */
  #blocks: WeakSet<Command> | undefined;

  constructor(context: ClusterContext, call: Call, place: Place, own: boolean, slot: number | undefined) {
    super(place.lease.connection, call.label, context.clock.now());
    this.#context = context;
    context.scopes.began(this);
    this.#isolation = call.limits.isolation;
    this.acquireTimeoutMs = call.acquireTimeoutMs;
    this.#slot = slot;
    this.#dispatcher = new Dispatcher(context.router, context.clock, this, own, slot);
    this.#dispatcher.begin(place);
  }

  get grant(): undefined {
    return undefined;
  }

  override report(): readonly CommandReport[] {
    return this.#record.report();
  }

  /** At once, unless an `await` was forgotten: then its reply is waited for, within the release's limit. */
  protected giveBack(): Promise<void> | undefined {
    return this.#dispatcher.gate.quiet ? this.#end((lease) => lease.release(), []) : this.#releaseLate();
  }

  protected close(reason: DestroyReason): Promise<void> | undefined {
    this.#dispatcher.lanes.suspectTheSilent();
    return this.#end((lease) => lease.destroy(reason), this.#record.unanswered);
  }

  override inspect(commands: readonly Command[], pipeline: unknown): Error | undefined {
    for (const [multi, whole] of blocksIn(commands, pipeline)) {
      if (whole) this.#blocks = (this.#blocks ?? new WeakSet()).add(multi);
      else if (this.#mustShare) return notShared('multi', this.label);
    }
    return super.inspect(commands, pipeline);
  }

  arrived({ client }: NodeLease): void {
    if (this.client && client) this.standFor(client);
  }

  left(): void {
    this.silence();
  }

  protected override refusal(command: Command, rule: Rule, stream: unknown): Error | undefined {
    const isOwn = this.#isolation !== 'auto' || this.#dispatcher.own;
    if (rule.effect === 'confirm' && !isOwn) return unconfirmed(command.name, this.label);
    const sharing = this.#mustShare ? this.#sharing : undefined;
    return super.refusal(command, rule, stream) ?? sharing?.refusal(this, command, rule, stream);
  }

  protected transmit(command: Command, rule: Rule): void {
    command.promise.catch(noop);
    const unit = this.#unitFor(command);
    if (rule.effect === 'confirm') this.#guard(command, () => entry);
    const entry = unit.add(command, rule);
    this.#record.note(entry);
    this.noteWrite(command, rule);
    if (unit.isBlock && rule.effect !== 'exec') this.#block = unit;
    else this.#dispatch(unit);
  }

  protected override get wrote(): boolean {
    return this.#record.wrote;
  }

  protected override get lastCommand(): string | undefined {
    return this.#record.last;
  }

  override lostWith(error: unknown): error is Error {
    return this.#dispatcher.lanes.connections.some((connection) => connection.lostWith(error));
  }

  get #mustShare(): boolean {
    return this.#isolation === 'shared' && !this.#dispatcher.own;
  }

  /** Whether its connection is the one that all was written on is known when it is answered: a write may have been redirected. */
  #guard(command: Command, entry: () => Entry): void {
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      if (this.#record.speaksForAll(entry())) resolve(reply);
      else reject(unconfirmed(command.name, this.label));
    };
  }

  #unitFor(command: Command): Unit {
    return this.#block ?? new Unit(this.#blocks?.has(command) ?? false, this.#dispatcher);
  }

  #dispatch(unit: Unit): void {
    this.#block = undefined;
    if (this.#dispatcher.own) {
      this.#dispatcher.gate.enter(unit);
      return;
    }
    const slot = this.#context.router.slotOf(unit);
    if (unit.needsOwn) this.#dispatcher.turnOwn(unit, slot ?? this.#slot ?? this.#lastSlot);
    else this.#dispatcher.gate.enter(unit);
    this.#lastSlot = slot ?? this.#lastSlot;
  }

  async #releaseLate(): Promise<void> {
    const { clock, gracefulMs } = this.#context;
    const dispatcher = this.#dispatcher;
    const inFlight = this.#record.unanswered;
    const startedAt = clock.now();
    await within(clock, gracefulMs, dispatcher.gate.whenQuiet(), noop);
    const spentMs = clock.now() - startedAt;
    await this.#end((lease) => {
      if (lease instanceof ExclusiveLease) lease.resetReport = { inFlight, failure: undefined };
      return lease.release(spentMs);
    }, inFlight);
  }

  /** Of the scope's connections its own one tells of the end; where it has none, it does so itself. */
  #end(
    end: (lease: NodeLease) => Promise<void> | undefined,
    inFlight: readonly string[],
  ): Promise<void> | undefined {
    let told = false;
    const ending = this.#dispatcher.end(
      () => releasedError(this),
      (lease) => {
        if (lease instanceof ExclusiveLease && !told) {
          lease.silent = false;
          lease.since = this.since;
          lease.trace = this.trace;
          told = true;
        }
        return end(lease);
      },
    );
    const ended = () => {
      if (!told) tellOfPart(this, this.#context, 'shared', inFlight);
      this.#context.scopes.ended(this);
    };
    if (ending) return ending.then(ended);
    ended();
    return undefined;
  }
}
