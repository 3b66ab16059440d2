import type { Command } from '../connection/client.js';
import { needsOwnConnection, type Rule } from '../connection/command-rules.js';
import { leavesOpen } from '../connection/multi-blocks.js';
import { type CommandReport, StatefulCommandError } from '../core/errors.js';
import { defer, noop } from '../core/outcome.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Claim } from '../pool/waiters.js';
import type { Engine } from '../server/engine.js';
import type { ActiveLease } from './exclusive-lease.js';
import { Sender } from './sender.js';
import type { SharedLine } from './shared-connection.js';

/** How many commands are kept for a report. */
const REMEMBERED = 256;

/** The use of a connection together with others: nothing may be sent that they would notice. */
export class SharedLease extends Sender {
  protected readonly line: SharedLine;
  readonly #engine: Engine;
  /** Own commands that were written, by where they stand in the connection's log; one, or a list of them. */
  #first: string | undefined;
  #firstSerial = 0;
  #lastSerial = 0;
  #more: { readonly name: string; readonly serial: number }[] | undefined;
  #last: Command | undefined;
  #ended: Promise<void> | undefined;

  constructor(engine: Engine, line: SharedLine, { label }: Claim, since: number) {
    super(line.connection, label, since);
    this.line = line;
    this.#engine = engine;
  }

  get loan(): ActiveLease {
    return this.line.lease;
  }

  report(): readonly CommandReport[] {
    const answered = this.#answered();
    const first = this.#first === undefined ? [] : [{ name: this.#first, serial: this.#firstSerial }];
    const sent = [...first, ...(this.#more ?? [])].map(({ name, serial }) => ({
      name,
      status: serial <= answered ? ('replied' as const) : ('in-doubt' as const),
    }));
    return [...sent, ...this.unsent];
  }

  /**
   * At once, unless an `await` was forgotten: then its reply is waited for, within the release's limit.
   *
   * @param spent Nothing is left of that limit for a graceful close.
   */
  release(spent = false): Promise<void> | undefined {
    if (this.#ended) return this.#ended;
    this.revoke();
    if (spent) this.line.spent = true;
    const end = this.quiet() ? this.line.leave(this) : this.#releaseLate();
    this.#ended = end ?? DONE;
    this.tell();
    return end;
  }

  /** The others go on; replies to this one's commands go nowhere. */
  destroy(_reason: DestroyReason): Promise<void> {
    this.revoke();
    if (!this.quiet()) this.line.suspect();
    if (!this.#ended) this.tell();
    this.#ended ??= this.line.leave(this) ?? DONE;
    return this.#ended;
  }

  protected override refusal(command: Command, rule: Rule, stream: unknown): Error | undefined {
    const refused = super.refusal(command, rule, stream);
    if (refused || !needsOwnConnection(command, rule, stream)) return refused;
    return this.cannotShare(command);
  }

  /** Called for a command that needs a connection of its own. */
  protected cannotShare(command: Command): Error | undefined {
    return notShared(command, this.label);
  }

  override inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    const refused = super.inspect(commands, stream);
    if (refused || !this.client) return refused;
    return leavesOpen(commands, stream) ? this.cannotShare({ name: 'multi' } as Command) : undefined;
  }

  protected sent(command: Command): void {
    const { log } = this.resource;
    const { name } = command;
    log.note(name);
    this.#last = command;
    this.#lastSerial = log.written;
    if (this.#first === undefined) {
      this.#first = name;
      this.#firstSerial = log.written;
      return;
    }
    this.#more ??= [];
    if (this.#more.length === REMEMBERED * 2) this.#more.splice(0, REMEMBERED);
    this.#more.push({ name, serial: log.written });
  }

  protected get hasSent(): boolean {
    return this.#lastSerial > 0;
  }

  protected get lastCommand(): string | undefined {
    return this.#last?.name;
  }

  /** True when every command of this scope has its reply. */
  protected quiet(): boolean {
    return this.#lastSerial <= this.#answered();
  }

  protected async settled(): Promise<void> {
    while (!this.quiet() && !this.resource.flaw) {
      const last = this.#last;
      await last?.promise.catch(noop);
      // Given up on the client's side: its reply will come to nobody.
      if (this.#last === last) return;
    }
  }

  protected async leave(): Promise<void> {
    await this.line.leave(this);
  }

  protected tell(): void {
    const { observer, clock } = this.#engine;
    if ((!observer && !this.trace) || this.silent) return;
    const { label, since } = this;
    const heldMs = clock.now() - since;
    const inFlight = this.report().flatMap(({ name, status }) => (status === 'in-doubt' ? [name] : []));
    this.announce(observer, () => ({
      label,
      heldMs,
      inFlight,
      disposition: 'reused',
      reason: 'shared',
    }));
  }

  async #releaseLate(): Promise<void> {
    const { clock, releaseTimeoutMs, forceMs } = this.#engine;
    const { promise: late, resolve } = defer<void>();
    const timer = clock.after(releaseTimeoutMs - forceMs, resolve);
    await Promise.race([this.settled(), late]);
    timer.cancel();
    this.line.spent = true;
    if (this.#lastSerial > this.#answered()) this.line.giveUp();
    await this.leave();
  }

  #answered(): number {
    const { log, unanswered } = this.resource;
    return log.written - unanswered;
  }
}

const DONE = Promise.resolve();

/** For a command that others would notice. */
export function notShared({ name }: Pick<Command, 'name'>, label: string | undefined): StatefulCommandError {
  const problem = "needs a connection of its own; use isolation: 'exclusive', or 'auto'";
  return new StatefulCommandError(name, problem, { label });
}
