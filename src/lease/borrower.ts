import type { Client, Command } from '../connection/client.js';
import { type Rule, ruleOf } from '../connection/command-rules.js';
import type { Connection } from '../connection/connection.js';
import { refuse } from '../connection/rejection.js';
import { SentCommands } from '../connection/sent-commands.js';
import { makeWritable } from '../connection/writable.js';
import type { Writes } from '../connection/writes.js';
import type { ClosedErrorOf, CommandReport } from '../core/errors.js';
import type { FifoNode } from '../core/fifo.js';
import type { HandleOwner } from '../handle/overrides.js';
import { lifecycleError, releasedError } from '../handle/refusals.js';
import { followEnd, type Trace } from '../observe/channels.js';
import type { LeakWatch } from '../observe/leak-watch.js';
import type { Grant, HeldLease } from '../pool/grant.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Guest, LeaseHolder } from './context.js';
import { ForwardedEvents } from './forwarded-events.js';

const DONE = Promise.resolve();

/** Whoever may send commands on a connection for a while: the handle it holds, and the record of what it sent. */
export abstract class Borrower implements HandleOwner, FifoNode {
  previous: FifoNode | undefined;
  next: FifoNode | undefined;
  queued = false;
  holder: LeaseHolder | undefined;
  guests: Set<Guest> | undefined;
  /** Set where somebody wants to know of leases that are held for too long. */
  watch: LeakWatch | undefined;
  /** Set by whoever follows it from outside; told when it is over. */
  frame: { end(): void } | undefined;
  /** Set where somebody follows its release, or that of the lease that it is part of; told how it ended. */
  trace: Trace | undefined;
  client: Client | undefined;
  /** Set by a holder who may want to repeat what was done. */
  writes: Writes | undefined;
  /** Nobody is told of its end: it is part of another, and that one is told of. */
  silent = false;
  /** Plain commands may be refused too. */
  strict = false;
  protected sent: SentCommands | undefined;
  #wrote = false;
  #unsent: CommandReport[] | undefined;
  #forwarded: ForwardedEvents | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    readonly connection: Connection,
    readonly label: string | undefined,
    public since: number,
  ) {
    this.client = connection.client;
  }

  get origin(): Client {
    return this.client ?? this.connection.client;
  }

  /** What keeps the connection from others until it ends; undefined where that may change in between. */
  abstract get grant(): Grant | undefined;
  /** How it is released or destroyed, once. */
  protected abstract giveBack(spentMs: number): Promise<void> | undefined;
  protected abstract close(reason: DestroyReason): Promise<void> | undefined;
  /** Sends a command that may be sent, or sees to it that it is. */
  protected abstract transmit(command: Command, rule: Rule, stream: unknown, node: unknown): void;

  /** Why the command must not be sent here. */
  protected refusal(command: Command, { effect }: Rule, _stream: unknown): Error | undefined {
    return effect === 'refused' ? lifecycleError(command.name, this.label) : undefined;
  }

  /** Gives the connection back, within its limit less `spentMs`. A promise where that takes time; never rejects. */
  release(spentMs = 0): Promise<void> | undefined {
    return this.#ended ?? this.#end(undefined, spentMs);
  }

  /** Ends it although commands may be under way. Never rejects. */
  destroy(reason: DestroyReason): Promise<void> {
    return this.#ended ?? this.#end(reason) ?? DONE;
  }

  send(command: Command, stream: unknown, node: unknown): Promise<unknown> {
    const { client } = this;
    if (!client) return refuse(command, releasedError(this, command.name));
    const unwritable = makeWritable(command);
    if (unwritable) return refuse(command, unwritable);
    const rule = ruleOf(command, client);
    const refusal = rule.plain && !this.strict ? undefined : this.refusal(command, rule, stream);
    if (refusal) return refuse(command, refusal);
    this.transmit(command, rule, stream, node);
    return command.promise;
  }

  /** ioredis counts on every command of a pipeline being written, so one that is refused refuses all of them. */
  inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    const { client } = this;
    if (!client) return releasedError(this, 'exec');
    for (const command of commands) {
      const problem = makeWritable(command) ?? this.refusal(command, ruleOf(command, client), stream);
      if (problem) return problem;
    }
    return undefined;
  }

  lifecycleRefusal(name: string): Error {
    return this.client ? lifecycleError(name, this.label) : releasedError(this, name);
  }

  shown(): object {
    return { redis: this.client ? 'lent' : 'released', label: this.label };
  }

  forward(event: string | symbol, listener: (...args: unknown[]) => void): void {
    if (!this.client) throw releasedError(this, 'on');
    this.#forwarded ??= new ForwardedEvents(this.client);
    this.#forwarded.add(event, listener);
  }

  lost(): void {
    for (const guest of this.guests ?? []) guest.lost();
    this.holder?.lost();
  }

  force(error: ClosedErrorOf): void {
    for (const guest of this.guests ?? []) guest.force(error);
    this.holder?.force(error);
  }

  /** Of every command so far, whether it was sent and answered. */
  report(): readonly CommandReport[] {
    return [...(this.sent?.report(this.connection.answered) ?? []), ...(this.#unsent ?? [])];
  }

  /** Whether doing all of it again can do nothing twice: `error` may say that the server had done none of it. */
  repeatable(error: unknown): boolean {
    return !this.wrote || (this.writes?.undoneBy(error) ?? false);
  }

  describe(now: number): HeldLease[] {
    const { label, since, lastCommand, watch } = this;
    return this.holder?.describe?.(now) ?? [{ label, heldMs: now - since, lastCommand, stack: watch?.stack }];
  }

  lostWith(error: unknown): error is Error {
    return this.connection.lostWith(error);
  }

  /** Some command that was sent may have changed data. */
  protected get wrote(): boolean {
    return this.#wrote;
  }

  protected get lastCommand(): string | undefined {
    return this.sent?.last.name;
  }

  protected note(command: Command, rule: Rule, isSent: boolean): void {
    if (!isSent) {
      this.#unsent ??= [];
      this.#unsent.push({ name: command.name, status: 'not-sent' });
      return;
    }
    this.noteWrite(command, rule);
    const { written } = this.connection;
    if (this.sent) this.sent.note(command, written);
    else this.sent = new SentCommands(command, written);
  }

  protected noteWrite(command: Command, { harmless, effect }: Rule): void {
    if (!harmless) this.#wrote = true;
    if (!harmless || effect === 'multi' || effect === 'exec') this.writes?.note(command, effect);
  }

  /** The handle lives on, on another connection. */
  protected standFor(client: Client): void {
    this.client = client;
    this.#forwarded?.attach(client);
  }

  /** The handle hears nothing until it stands for another client. */
  protected silence(): void {
    this.#forwarded = (this.#forwarded ?? new ForwardedEvents(undefined)).detach();
  }

  #end(reason?: DestroyReason, spentMs = 0): Promise<void> | undefined {
    // Hooks and subscribers may end it too.
    this.#ended = DONE;
    this.trace ??= followEnd(this.holder);
    this.#forwarded?.detach();
    this.client = undefined;
    this.watch?.end();
    this.frame?.end();
    if (this.guests) for (const guest of this.guests) guest.outlive();
    const gone = reason === undefined ? this.giveBack(spentMs) : this.close(reason);
    this.trace?.doneAfter(gone);
    if (gone) this.#ended = gone;
    return gone;
  }
}
