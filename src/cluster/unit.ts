import type { Command } from '../connection/client.js';
import type { Rule } from '../connection/command-rules.js';
import { isReplyError } from '../connection/reply-error.js';
import type { Entry } from './command-record.js';
import type { Address } from './plan.js';

/** Where the server says that a command belongs. */
export interface Redirect {
  /** `MOVED`: for good. `ASK`: this once, while the slot is on its way. */
  readonly kind: 'MOVED' | 'ASK';
  readonly slot: number;
  readonly host: string;
  readonly port: number;
}

function redirectOf(error: unknown): Redirect | undefined {
  if (!isReplyError(error)) return undefined;
  const [, kind, slot, host, port] = /^(MOVED|ASK) (\d+) (\S*):(\d+)/.exec(error.message) ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind as Redirect['kind'], slot: Number(slot), host: host ?? '', port: Number(port) };
}

/** What goes to one node in one piece: a command, or a transaction from its MULTI to its EXEC. */
export class Unit {
  readonly commands: Command[] = [];
  /** How often it was sent somewhere else. */
  hops = 0;
  /** Why it has to be sent again, if it has. */
  redirect: Redirect | undefined;
  /** Where it was sent last. */
  at: Address = '';
  /** Where it was redirected to. */
  target: Address = '';
  /** It changes what the server knows of the connection. */
  stateful = false;
  readonly #done: (unit: Unit) => void;
  readonly #entries = new Map<Command, Entry>();
  /** Commands that were sent and are unanswered. */
  readonly #open = new Set<Command>();
  /** Rejections that the borrower does not hear of, for it will be sent again. */
  #held: (() => void)[] = [];

  constructor(
    readonly isBlock: boolean,
    done: (unit: Unit) => void,
  ) {
    this.#done = done;
  }

  get slot(): number | undefined {
    for (const command of this.commands) {
      const slot = command.getSlot?.();
      if (typeof slot === 'number') return slot;
    }
    return undefined;
  }

  add(command: Command, { effect }: Rule): Entry {
    const entry: Entry = { name: command.name, status: 'not-sent', open: true };
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      resolve(reply);
      entry.status = 'replied';
      entry.open = false;
      this.#answered(command);
    };
    const refuse = (error: unknown) => {
      reject(error);
      if (isReplyError(error)) entry.status = 'replied';
      entry.open = false;
    };
    command.reject = (error) => {
      if (this.#holds(command, error)) {
        this.#held.push(() => refuse(error));
        entry.status = 'not-sent';
      } else refuse(error);
      this.#answered(command);
    };
    this.commands.push(command);
    this.#entries.set(command, entry);
    if (effect !== 'none') this.stateful = true;
    return entry;
  }

  /** What was answered before is sent with the rest, and its second answer goes to nobody. */
  begin(): void {
    this.redirect = undefined;
    this.#held = [];
    for (const command of this.commands) this.#open.add(command);
  }

  wasWritten(command: Command): void {
    const entry = this.#entries.get(command);
    if (entry?.status === 'not-sent') entry.status = 'in-doubt';
  }

  /** Lets the borrower hear what was held back. */
  giveUp(): void {
    const held = this.#held;
    this.#held = [];
    for (const reject of held) reject();
  }

  /** It will not be sent. */
  fail(error: unknown): void {
    for (const command of this.commands) command.reject(error);
  }

  #holds(command: Command, error: unknown): boolean {
    if (!this.#open.has(command)) return false;
    const redirect = redirectOf(error);
    this.redirect ??= redirect;
    if (redirect) return true;
    // A server discards a transaction when it has redirected one of its commands.
    return this.redirect !== undefined && isReplyError(error) && error.message.startsWith('EXECABORT');
  }

  #answered(command: Command): void {
    if (this.#open.delete(command) && this.#open.size === 0) this.#done(this);
  }
}
