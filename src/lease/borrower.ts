import type { Client, Command } from '../connection/client.js';
import { type Rule, ruleOf } from '../connection/command-rules.js';
import type { Connection } from '../connection/connection.js';
import type { Writes } from '../connection/writes.js';
import { type CommandReport, LeaseReleasedError } from '../core/errors.js';
import { createHandle } from '../handle/handle.js';
import { type Dispatcher, lifecycleError } from '../handle/overrides.js';
import { refuse } from '../handle/refusals.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { TraceMessage } from '../observe/channels.js';
import { notify, type Observer, type ReleaseEvent } from '../observe/events.js';
import type { LeakWatch } from '../observe/leak-watch.js';
import type { DestroyReason } from '../pool/ledger.js';
import { type HeldLoan, Loan } from '../pool/loan.js';
import type { Frame } from '../server/nesting.js';
import type { ActiveLease } from './exclusive-lease.js';

type Listener = (...args: unknown[]) => void;

/** A lease that is still held. */
export type HeldLease = HeldLoan;

/** Whoever may send commands on a connection for a while: the handle it holds, and the record of what it sent. */
export abstract class Borrower extends Loan<Connection> implements Dispatcher {
  redis: ScopedRedis | undefined;
  /** Set where somebody wants to know of leases that are held for too long. */
  watch: LeakWatch | undefined;
  /** Set where somebody wants to know which scope was opened inside which. */
  frame: Frame | undefined;
  /** Set where somebody follows its release; told how it ended. */
  trace: TraceMessage | undefined;
  client: Client | undefined;
  /** Set by a holder who may want to repeat what was done. */
  writes: Writes | undefined;
  /** Nobody is told of its end: it is part of another, and that one is told of. */
  silent = false;
  /** Some command may have changed data. */
  protected wrote = false;
  #forwarded: Map<string | symbol, Listener> | undefined;

  constructor(connection: Connection, label: string | undefined, since: number) {
    super(connection, label, since);
    this.client = connection.client;
    this.redis = createHandle(this, connection.options);
  }

  get origin(): Client {
    return this.client ?? this.resource.client;
  }

  /** What keeps the connection from others until it ends; undefined where that may change in between. */
  abstract get loan(): ActiveLease | undefined;
  /** Gives the connection back. A promise where that takes time; never rejects. */
  abstract release(): Promise<void> | undefined;
  /** Ends it although commands may be under way. Never rejects. */
  abstract destroy(reason: DestroyReason): Promise<void>;
  /** Of every command so far, whether it was sent and answered. */
  abstract report(): readonly CommandReport[];
  /** Whether anything was written. */
  protected abstract get hasSent(): boolean;
  protected abstract get lastCommand(): string | undefined;

  /** Why the command must not be sent here. */
  protected refusal(command: Command, { effect }: Rule, _stream: unknown): Error | undefined {
    return effect === 'refused' ? lifecycleError(command.name, this.label) : undefined;
  }

  send(command: Command, stream: unknown, node: unknown): Promise<unknown> {
    const { client } = this;
    if (!client) return refuse(command, new LeaseReleasedError(command.name, { label: this.label }));
    const rule = ruleOf(command, client);
    const refusal = this.refusal(command, rule, stream);
    if (refusal) return refuse(command, refusal);
    return this.transmit(client, command, rule, stream, node);
  }

  /** ioredis counts on every command of a pipeline being written, so one that is refused refuses all of them. */
  inspect(commands: readonly Command[], stream: unknown): Error | undefined {
    const { client } = this;
    if (!client) return new LeaseReleasedError('exec', { label: this.label });
    for (const command of commands) {
      const refusal = this.refusal(command, ruleOf(command, client), stream);
      if (refusal) return refusal;
    }
    return undefined;
  }

  forward(event: string | symbol, listener: Listener): void {
    this.#forwarded ??= new Map();
    if (this.#forwarded.has(event)) return;
    this.#forwarded.set(event, listener);
    this.client?.on(event as 'error', listener);
  }

  /** Hangs the report on the error of a command that the connection was lost under; it stays the same error. */
  explain(error: unknown): void {
    if (!this.lostWith(error) || Object.hasOwn(error, 'commands')) return;
    if (!Object.isExtensible(error)) return;
    Object.defineProperty(error, 'commands', { value: this.report(), configurable: true, enumerable: true });
  }

  /**
   * Whether doing all of it again can do nothing twice: nothing was sent, or only what changes nothing, or the server
   * refused with `error` before it had done any of it.
   */
  repeatable(error: unknown): boolean {
    return !this.hasSent || !this.wrote || (this.writes?.undoneBy(error) ?? false);
  }

  protected lostWith(error: unknown): error is Error {
    return this.resource.lostWith(error);
  }

  describe(now: number): HeldLease[] {
    const { label, lastCommand } = this;
    return [{ label, heldMs: now - this.since, lastCommand, stack: this.watch?.stack }];
  }

  /** Sends a command that may be sent, or sees to it that it is. */
  protected abstract transmit(
    client: Client,
    command: Command,
    rule: Rule,
    stream: unknown,
    node: unknown,
  ): Promise<unknown>;

  protected noteWrite(command: Command, { harmless }: Rule): void {
    if (harmless) return;
    this.wrote = true;
    this.writes?.note(command);
  }

  /** Tells whoever wants to know how it ended. */
  protected announce(observer: Observer | undefined, event: () => ReleaseEvent): void {
    notify(observer, 'onRelease', event);
    if (this.trace) Object.assign(this.trace, event());
  }

  /** The handle is dead from here on. */
  protected revoke(): void {
    this.silence();
    this.client = undefined;
    this.watch?.end();
    this.watch = undefined;
    this.frame?.end();
    this.frame = undefined;
  }

  /** The handle lives on, on another connection. */
  protected standFor(client: Client): void {
    this.silence();
    this.client = client;
    for (const [event, listener] of this.#forwarded ?? []) client.on(event as 'error', listener);
  }

  /** The handle hears nothing of its connection any more. */
  protected silence(): void {
    if (!this.#forwarded) return;
    for (const [event, listener] of this.#forwarded) this.client?.off(event as 'error', listener);
  }
}
