import type { Client, Command } from './adapters/client.js';
import { ruleOf } from './command-rules.js';
import type { Connection } from './connection.js';
import { ConnectionState } from './connection-state.js';
import type { Clock } from './core/clock.js';
import { type CommandReport, LeaseReleasedError } from './core/errors.js';
import type { DestroyReason } from './core/ledger.js';
import { defer, noop } from './core/outcome.js';
import { createHandle, type Dispatcher, lifecycleError, type ScopedRedis } from './scoped-client.js';

/** What is to become of a connection. */
export type Verdict = 'reuse' | 'cleaned' | DestroyReason;

type Listener = (...args: unknown[]) => void;

/** One borrower's use of one connection: the handle it holds and the record of what it did. */
export class Session implements Dispatcher {
  readonly state = new ConnectionState();
  readonly label: string | undefined;
  readonly redis: ScopedRedis;
  client: Client | undefined;
  /** Names of the commands that were still unanswered when the borrower was done. */
  inFlight: readonly string[] = [];
  /** What went wrong while releasing. */
  failure: Error | undefined;
  readonly #connection: Connection;
  #forwarded: Map<string | symbol, Listener> | undefined;

  constructor(connection: Connection, label: string | undefined) {
    this.#connection = connection;
    this.label = label;
    this.client = connection.client;
    this.redis = createHandle(connection.handleBase, this);
  }

  send(command: Command, stream: unknown, node: unknown): Promise<unknown> {
    const { client } = this;
    if (!client) return refuse(command, new LeaseReleasedError(command.name, { label: this.label }));
    const rule = ruleOf(command, client);
    if (rule.effect === 'refused') return refuse(command, lifecycleError(command.name, this.label));
    this.state.issue(command, rule);
    const queued = client.commandQueue.length;
    const reply = client.sendCommand(command, stream, node);
    this.state.issued(command.name, client.commandQueue.length > queued);
    return reply;
  }

  forward(event: string | symbol, listener: Listener): void {
    this.#forwarded ??= new Map();
    if (this.#forwarded.has(event)) return;
    this.#forwarded.set(event, listener);
    this.client?.on(event as 'error', listener);
  }

  /** Of every command so far, whether it was sent and answered. */
  report(): readonly CommandReport[] {
    return this.state.report(this.#connection.unanswered);
  }

  /** Hangs the report on the error of a command that the connection was lost under; it stays the same error. */
  explain(error: unknown): void {
    const lost = error instanceof Error && error === this.state.loss && !Object.hasOwn(error, 'commands');
    if (!lost || !Object.isExtensible(error)) return;
    Object.defineProperty(error, 'commands', { value: this.report(), configurable: true, enumerable: true });
  }

  /** The handle is dead from here on; what it listened to is silent. */
  revoke(): void {
    const { client } = this;
    this.client = undefined;
    if (!client || !this.#forwarded) return;
    for (const [event, listener] of this.#forwarded) client.off(event as 'error', listener);
  }

  /**
   * Decides what becomes of the connection after the borrower is done: at once where nothing is to be done, else after
   * waiting for replies and one round trip of undoing, both together within `budgetMs`.
   */
  settle(keep: boolean, budgetMs: number, clock: Clock): Verdict | Promise<Verdict> {
    this.revoke();
    const { flaw, unanswered, client } = this.#connection;
    if (flaw) return flaw;
    if (unanswered > 0) this.inFlight = client.commandQueue.toArray().map(({ command }) => command.name);
    else if (!keep || this.state.clean) return 'reuse';
    return this.#clean(keep, budgetMs, clock);
  }

  async #clean(keep: boolean, budgetMs: number, clock: Clock): Promise<Verdict> {
    let timeUp: Verdict = 'inFlight';
    const cleaning = (async (): Promise<Verdict> => {
      if (!(await this.#connection.answered())) return 'inFlight';
      if (!keep || this.state.clean) return 'reuse';
      timeUp = 'dirty';
      return this.#undo();
    })();
    const { promise: late, resolve } = defer<Verdict>();
    const timer = clock.after(budgetMs, () => {
      this.failure = new Error(`the release took longer than ${budgetMs} ms`);
      resolve(timeUp);
    });
    const verdict = await Promise.race([cleaning, late]);
    timer.cancel();
    if (verdict === 'inFlight') this.failure = new Error(`no reply to ${this.inFlight.join(', ')}`);
    return this.#connection.flaw ?? verdict;
  }

  async #undo(): Promise<Verdict> {
    const { client, homeDb } = this.#connection;
    const steps = this.state.undo(client, homeDb);
    if (!steps) return 'dirty';
    try {
      await Promise.all(steps);
      return 'cleaned';
    } catch (error) {
      this.failure = error as Error;
      return 'dirty';
    } finally {
      for (const step of steps) step.catch(noop);
    }
  }
}

function refuse(command: Command, error: unknown): Promise<unknown> {
  command.promise.catch(noop);
  command.reject(error);
  return command.promise;
}
