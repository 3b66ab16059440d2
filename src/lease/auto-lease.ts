import { AsyncResource } from 'node:async_hooks';
import type { Command } from '../connection/client.js';
import { needsOwnConnection, type Rule } from '../connection/command-rules.js';
import { refuse } from '../connection/rejection.js';
import type { CommandReport } from '../core/errors.js';
import { noop } from '../core/outcome.js';
import { sendCommand } from '../handle/handle.js';
import { releasedError, unconfirmed } from '../handle/refusals.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Claim } from '../pool/waiters.js';
import type { LeaseContext } from './context.js';
import type { ExclusiveLease } from './exclusive-lease.js';
import type { SharedConnection } from './shared-connection.js';
import { SharedLease } from './shared-lease.js';

export interface AutoContext extends LeaseContext {
  /** A connection of one's own: at hand, or waited for. */
  borrowOwn(claim: Claim, now: number): ExclusiveLease | Promise<ExclusiveLease>;
}

interface Deferred {
  readonly command: Command;
  /** In the context of whoever issued the command. */
  readonly send: (own: ExclusiveLease) => void;
}

/**
 * Shared until the first command that needs a connection of its own. That one and all after it wait until the scope has
 * moved to an exclusive connection, which follows its own replies, so their order is kept.
 */
export class AutoLease extends SharedLease {
  readonly #context: AutoContext;
  readonly #claim: Claim;
  #own: ExclusiveLease | undefined;
  /** Set from the moment the scope has to move until it has. */
  #deferred: Deferred[] | undefined;
  #moving: Promise<void> | undefined;
  /** Why nothing is sent any more. */
  #over: Error | undefined;
  #told = false;

  constructor(context: AutoContext, shared: SharedConnection, claim: Claim, now: number) {
    super(context, shared, claim, now);
    this.#context = context;
    const { label, acquireTimeoutMs, origin } = claim;
    this.#claim = { label, acquireTimeoutMs, origin, entry: sendCommand, running: true, phase: undefined };
  }

  override get grant(): ExclusiveLease {
    return this.#own ?? super.grant;
  }

  override send(command: Command, stream: unknown, node: unknown): Promise<unknown> {
    if (this.#own && this.client) return this.#own.send(command, stream, node);
    return super.send(command, stream, node);
  }

  override inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    if (this.#own && this.client) return this.#own.inspect(commands, stream);
    return super.inspect(commands, stream);
  }

  override report(): readonly CommandReport[] {
    const waiting = (this.#deferred ?? []).map(({ command: { name } }) => ({
      name,
      status: 'not-sent' as const,
    }));
    return [...super.report(), ...(this.#own?.report() ?? []), ...waiting];
  }

  override repeatable(error: unknown): boolean {
    return super.repeatable(error) && (this.#own?.repeatable(error) ?? true);
  }

  protected override close(reason: DestroyReason): Promise<void> | undefined {
    const left = super.close(reason);
    this.#giveUp(releasedError(this));
    const own = this.#own;
    if (!own) return left;
    own.trace = this.trace;
    return own.destroy(reason);
  }

  override lostWith(error: unknown): error is Error {
    return super.lostWith(error) || (this.#own?.connection.lostWith(error) ?? false);
  }

  /** One release for one acquire: that of the own connection, if there is one. */
  protected override tell(): void {
    if (this.#own) return;
    this.#told = true;
    super.tell();
  }

  protected override refusalToShare(command: Command, rule: Rule, stream: unknown): Error | undefined {
    if (rule.effect === 'confirm') return unconfirmed(command.name, this.label);
    if (rule.personal || needsOwnConnection(command, rule, stream)) this.#moving ??= this.#move();
    return undefined;
  }

  protected override refusalOfOpenBlock(): undefined {
    this.#moving ??= this.#move();
  }

  protected override transmit(command: Command, rule: Rule, stream: unknown, node: unknown): void {
    if (this.#over) void refuse(command, this.#over);
    else if (this.#deferred) {
      command.promise.catch(noop);
      const send = AsyncResource.bind((own: ExclusiveLease) => void own.send(command, stream, node));
      this.#deferred.push({ command, send });
    } else super.transmit(command, rule, stream, node);
  }

  protected override quiet(): boolean {
    return !this.#moving && super.quiet();
  }

  protected override async settled(): Promise<void> {
    if (this.#moving) await this.#moving;
    else await super.settled();
  }

  protected override async leave(startedAt: number): Promise<void> {
    this.#giveUp(releasedError(this));
    if (this.#own) this.#own.trace = this.trace;
    await this.#own?.release(this.#context.clock.now() - startedAt);
    await super.leave(startedAt);
  }

  async #move(): Promise<void> {
    this.#deferred = [];
    await super.settled();
    if (this.#over) return;
    try {
      const own = await this.#context.borrowOwn(this.#claim, this.#context.clock.now());
      own.silent = this.#told;
      if (this.#over) await own.release();
      else this.#arrive(own);
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  #arrive(own: ExclusiveLease): void {
    const deferred = this.#deferred ?? [];
    own.moved = true;
    own.since = this.since;
    own.holder = this.holder;
    own.writes = this.writes;
    this.#own = own;
    this.#deferred = undefined;
    if (this.client && own.client) {
      this.standFor(own.client);
      own.watch = this.watch;
      this.watch = undefined;
    }
    void this.shared.leave(this);
    for (const { send } of deferred) send(own);
  }

  /** Ends a move that is not over, and what waits for it: what was to come after it is not sent either. */
  #giveUp(error: Error): void {
    this.#over = error;
    this.#claim.phase?.stop(error, 'closed');
    for (const { command } of this.#deferred ?? []) refuse(command, error);
    this.#deferred = undefined;
  }
}
