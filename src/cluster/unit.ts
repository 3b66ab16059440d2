import { AsyncResource } from 'node:async_hooks';
import type { Command } from '../connection/client.js';
import { needsOwnConnection, type Rule } from '../connection/command-rules.js';
import type { Answer } from '../connection/connection-state.js';
import { isAbort, isReplyError, tellsOfUpheaval } from '../connection/reply-error.js';
import { Entry } from './command-record.js';
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

/** How a whole transaction is written. */
const IN_ONE_PIECE = { isPipeline: true };

/** One of the commands of a unit. */
export class Part {
  /** It was sent and is unanswered. */
  open = false;
  next: Part | undefined;

  constructor(
    readonly command: Command,
    readonly entry: Entry,
  ) {}
}

/** Who sends it, and sees to it when it cannot be sent again by itself. */
export interface UnitOwner {
  /** Called when all of it has been answered, or cannot be. */
  done(unit: Unit): void;
}

/** What goes to one node in one piece: a command, or a transaction from its MULTI to its EXEC. */
export class Unit {
  first: Part | undefined;
  last: Part | undefined;
  /** How often it was sent somewhere else. */
  hops = 0;
  /** Why it has to be sent again, if it has. */
  redirect: Redirect | undefined;
  /** The command that has to go elsewhere. */
  refused: Command | undefined;
  /** Where it was sent last. */
  at: Address = '';
  /** Where it was redirected to. */
  target: Address = '';
  /** The slot that it is about, as a server has said. */
  told: number | undefined;
  /** A reply shows that somebody else may own the slot by now. */
  doubtful = false;
  /** Why it does not go where it was redirected to: that may not be asked, is not known, or a part of it is lost. */
  barred: unknown;
  /** It changes what the server knows of the connection. */
  stateful = false;
  /** Nobody else than where it was sent can answer it. */
  bound = false;
  /** Others on its connection would notice something of it. */
  needsOwn = false;
  /** Its commands that a server has answered, and that say what it remembers of the connection, or forgets. */
  answered: Answer[] | undefined;
  readonly #issuer = new AsyncResource('WITH_REDIS_COMMAND');
  readonly #owner: UnitOwner;
  /** How many of its commands were sent and are unanswered. */
  #open = 0;
  /** Rejections that the borrower does not hear of, for it will be sent again. */
  #held: (() => void)[] | undefined;

  constructor(
    readonly isBlock: boolean,
    owner: UnitOwner,
  ) {
    this.#owner = owner;
  }

  add(command: Command, rule: Rule): Entry {
    const { effect, harmless } = rule;
    const entry = new Entry(command.name, harmless);
    const part = new Part(command, entry);
    const { resolve, reject } = command;
    const remember = (ok: boolean, reply: unknown) => {
      // Of a whole transaction only its end counts.
      if (effect === 'none' || (this.isBlock && effect === 'multi')) return;
      this.answered ??= [];
      this.answered.push({ command, effect, ok, reply });
    };
    command.resolve = (reply) => {
      if (effect === 'exec' && Array.isArray(reply)) this.doubtful ||= reply.some(tellsOfUpheaval);
      remember(true, reply);
      resolve(reply);
      entry.status = 'replied';
      entry.open = false;
      this.#answered(part);
    };
    const refuse = (error: unknown) => {
      reject(error);
      if (isReplyError(error)) entry.status = 'replied';
      entry.open = false;
    };
    command.reject = (error) => {
      this.doubtful ||= tellsOfUpheaval(error);
      if (this.#holds(part, error)) {
        this.#held ??= [];
        this.#held.push(() => {
          // A whole transaction leaves nothing behind, and was over before what has been answered since.
          if (!this.isBlock) remember(false, error);
          refuse(this.barred ?? error);
        });
        entry.status = 'not-sent';
      } else {
        // What came after a MULTI or WATCH that was refused (redis/redis#6933) relied on it, and is not taken elsewhere.
        remember(false, error);
        if (!isReplyError(error)) this.barred ??= error;
        refuse(error);
      }
      this.#answered(part);
    };
    if (this.last) this.last.next = part;
    else this.first = part;
    this.last = part;
    if (effect !== 'none') this.stateful = true;
    this.needsOwn ||= needsOwnConnection(command, rule, this.isBlock ? IN_ONE_PIECE : undefined);
    return entry;
  }

  /** Sends it in the context of whoever issued it, however long it waited. */
  run(send: () => void): void {
    this.#issuer.runInAsyncScope(send);
  }

  /**
   * What was answered before is sent with the rest, and its second answer goes to nobody. False where a part of it was
   * given up while it waited: then it is not sent any more.
   */
  begin(): boolean {
    this.redirect = undefined;
    this.answered = undefined;
    if (this.barred !== undefined) {
      this.giveUp();
      this.#owner.done(this);
      return false;
    }
    this.#held = undefined;
    this.#open = 0;
    for (let part = this.first; part; part = part.next) {
      part.open = true;
      this.#open += 1;
    }
    return true;
  }

  /** Lets the borrower hear what was held back. */
  giveUp(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const reject of held) reject();
  }

  /** It will not be sent. */
  fail(error: unknown): void {
    for (let part = this.first; part; part = part.next) part.command.reject(error);
  }

  #holds(part: Part, error: unknown): boolean {
    if (!part.open) return false;
    const redirect = redirectOf(error);
    if (redirect) {
      this.redirect ??= redirect;
      this.refused = part.command;
      return true;
    }
    // A server discards a transaction when it has redirected one of its commands.
    return this.redirect !== undefined && isAbort(error);
  }

  #answered(part: Part): void {
    if (!part.open) return;
    part.open = false;
    this.#open -= 1;
    if (this.#open === 0) this.#owner.done(this);
  }
}
