import type { Client, Command } from './adapters/client.js';
import { ruleOf } from './command-rules.js';
import type { Connection } from './connection.js';
import { ConnectionState } from './connection-state.js';
import { type CommandReport, LeaseReleasedError } from './core/errors.js';
import { notify } from './core/events.js';
import type { DestroyReason } from './core/ledger.js';
import { Loan } from './core/loan.js';
import { noop } from './core/outcome.js';
import type { Engine } from './engine.js';
import { cleanUp, type Verdict } from './release.js';
import { createHandle, type Dispatcher, lifecycleError, type ScopedRedis } from './scoped-client.js';
import type { Writes } from './writes.js';

type Listener = (...args: unknown[]) => void;

/** A lease that is still held. */
export interface HeldLease {
  readonly label: string | undefined;
  readonly heldMs: number;
  /** The command that was issued last. */
  readonly lastCommand: string | undefined;
}

const DONE = Promise.resolve();

/** A connection on loan, the handle its borrower holds, and the record of what was done. Ends once, one way or the other. */
export class ActiveLease extends Loan<Connection> implements Dispatcher {
  readonly redis: ScopedRedis;
  client: Client | undefined;
  /** What the borrower did to the connection, if anything. */
  state: ConnectionState | undefined;
  /** Set by a holder who may want to repeat what was done. */
  writes: Writes | undefined;
  /** Commands that were unanswered when the borrower was done. */
  inFlight: readonly string[] | undefined;
  /** What went wrong while releasing. */
  failure: Error | undefined;
  /** Some command may have changed data. */
  #wrote = false;
  #unsent: string[] | undefined;
  readonly #engine: Engine;
  readonly #logged: number;
  #forwarded: Map<string | symbol, Listener> | undefined;
  #ended: Promise<void> | undefined;

  constructor(engine: Engine, connection: Connection, label: string | undefined, since: number) {
    super(connection, label, since);
    this.#engine = engine;
    this.#logged = connection.log.written;
    this.client = connection.client;
    connection.loan = this;
    this.redis = createHandle(connection.handles, this);
  }

  get clean(): boolean {
    return this.state?.clean ?? true;
  }

  send(command: Command, stream: unknown, node: unknown): Promise<unknown> {
    const { client, label, resource } = this;
    if (!client) return refuse(command, new LeaseReleasedError(command.name, { label }));
    const { effect, harmless } = ruleOf(command, client);
    if (effect === 'refused') return refuse(command, lifecycleError(command.name, label));
    harbour(command);
    if (effect !== 'none') {
      this.state ??= new ConnectionState();
      this.state.note(command, effect);
    }
    if (!harmless) {
      this.#wrote = true;
      this.writes?.note(command);
    }
    const queued = client.commandQueue.length;
    const reply = client.sendCommand(command, resource.route(stream), node);
    if (client.commandQueue.length > queued) resource.log.note(command.name);
    else this.#noteUnsent(command);
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
    const { log, unanswered } = this.resource;
    const unsent = this.#unsent ?? [];
    return [
      ...log.report(this.#logged, unanswered),
      ...unsent.map((name) => ({ name, status: 'not-sent' as const })),
    ];
  }

  /** Hangs the report on the error of a command that the connection was lost under; it stays the same error. */
  explain(error: unknown): void {
    if (!this.resource.lostWith(error) || Object.hasOwn(error, 'commands')) return;
    if (!Object.isExtensible(error)) return;
    Object.defineProperty(error, 'commands', { value: this.report(), configurable: true, enumerable: true });
  }

  /**
   * Whether doing all of it again can do nothing twice: nothing was sent, or only what changes nothing, or the server
   * refused with `error` before it had done any of it.
   */
  repeatable(error: unknown): boolean {
    if (this.resource.log.written === this.#logged || !this.#wrote) return true;
    return this.writes?.undoneBy(error) ?? false;
  }

  /** The connection goes back if it is clean or can be cleaned, else it is closed. Never rejects. */
  release(): Promise<void> | undefined {
    if (this.#ended) return this.#ended;
    this.#revoke();
    const verdict = this.#judge();
    const end = typeof verdict === 'string' ? this.#end(verdict) : verdict.then((late) => this.#end(late));
    this.#ended = end ?? DONE;
    return end;
  }

  /** The connection is closed, whatever state it is in. Never rejects. */
  destroy(reason: DestroyReason): Promise<void> {
    if (this.#ended) return this.#ended;
    this.#revoke();
    this.#ended = this.#end(reason) ?? DONE;
    return this.#ended;
  }

  describe(now: number): HeldLease {
    const lastCommand = this.resource.log.last(this.#logged);
    return { label: this.label, heldMs: now - this.since, lastCommand };
  }

  /** At once where nothing is to be done. */
  #judge(): Verdict | Promise<Verdict> {
    const { flaw, unanswered } = this.resource;
    if (flaw) return flaw;
    const { source } = this.#engine;
    if (unanswered === 0 && (this.clean || !source.keeps)) return 'reuse';
    return cleanUp(this, this.#engine);
  }

  #noteUnsent(command: Command): void {
    this.#unsent ??= [];
    this.#unsent.push(command.name);
    this.resource.noteLoss(command);
  }

  /** The handle is dead from here on; what it listened to is silent. */
  #revoke(): void {
    const { client } = this;
    this.client = undefined;
    if (!client || !this.#forwarded) return;
    for (const [event, listener] of this.#forwarded) client.off(event as 'error', listener);
  }

  #end(verdict: Verdict): Promise<void> | undefined {
    const { lender, observer } = this.#engine;
    this.resource.loan = undefined;
    const keep = verdict === 'reuse' || verdict === 'cleaned';
    const gone = keep ? lender.release(this) : lender.discard(this, verdict);
    if (observer) this.#tell(verdict);
    return gone;
  }

  #tell(verdict: Verdict): void {
    const { observer, clock, source } = this.#engine;
    const { label, failure, inFlight = [] } = this;
    if (failure) notify(observer, 'onReleaseError', () => ({ label, error: failure }));
    const kept = source.keeps && (verdict === 'reuse' || verdict === 'cleaned');
    const reason = verdict === 'dirty' ? `dirty: ${this.state?.dirtiedBy ?? 'not undone'}` : verdict;
    notify(observer, 'onRelease', () => ({
      label,
      inFlight,
      heldMs: clock.now() - this.since,
      disposition: kept ? (verdict === 'reuse' ? 'reused' : 'cleaned') : 'destroyed',
      reason: verdict === 'reuse' ? (kept ? 'clean' : 'unpooled') : verdict === 'cleaned' ? 'undone' : reason,
    }));
  }
}

/** Nobody may be looking at the promise of a command; that must not end the process. */
function harbour(command: Command): void {
  const { reject } = command;
  command.reject = (error) => {
    command.promise.catch(noop);
    reject(error);
  };
}

function refuse(command: Command, error: unknown): Promise<unknown> {
  harbour(command);
  command.reject(error);
  return command.promise;
}
