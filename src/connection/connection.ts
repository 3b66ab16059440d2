import { type Clock, UNLIMITED } from '../core/clock.js';
import { noop } from '../core/outcome.js';
import type { DestroyReason, Resource, ResourceState } from '../pool/ledger.js';
import { Batch, leaveOut } from './batch.js';
import type { Client, Command, Send } from './client.js';
import type { Generation } from './generation.js';
import type { Incoming } from './incoming.js';
import { refuse, rejectOneByOne } from './rejection.js';
import { endWhenSlotMoves } from './shard-subscription.js';

/** A healthy server on the same continent is heard of in this time. */
const SILENT_MS = 250;

/** How long a server may be silent before it counts as gone, by what the connection has shown. */
export function silenceMs({ roundTripMs }: Connection): number {
  return Math.max(SILENT_MS, 4 * roundTripMs);
}

/** Whoever has to know that a connection is lost. */
export interface ConnectionUser {
  lost(): void;
}

export interface ConnectionOptions {
  readonly client: Client;
  readonly send: Send;
  /** The database that the next borrower expects. */
  readonly homeDb: number;
  /** It is not lent any more after this. */
  readonly maxLifetimeMs: number;
  /** What a handle shows as its options. */
  readonly options: object;
  /** Those that are of no common kind. */
  readonly otherOptions: readonly string[];
  readonly clock: Clock;
  /** The time under one master, as far as is known. */
  readonly generation: Generation;
  readonly bornIn: number;
  readonly incoming: Incoming | undefined;
  /** How long the server took to answer last, network included. */
  readonly roundTripMs: number;
}

/** One ioredis client that is ready, and what its keeper must know of it. */
export class Connection implements Resource {
  readonly client: Client;
  readonly send: Send;
  readonly homeDb: number;
  readonly options: object;
  readonly otherOptions: readonly string[];
  readonly retiresAt: number;
  roundTripMs: number;
  lent = 0;
  /** Commands ever written. */
  written = 0;
  /** Called when the socket closes by itself and nobody holds the connection. */
  onIdleLost: (() => void) | undefined;
  /** To whom it is lent. */
  user: ConnectionUser | undefined;
  /** A command of ours that asks how the server calls it. */
  askedId: Command | undefined;
  #state: ResourceState = 'idle';
  readonly #clock: Clock;
  readonly #generation: Generation;
  readonly #bornIn: number;
  readonly #incoming: Incoming | undefined;
  readonly #batch: Batch;
  /** Of every command: nobody else may be looking, and what the server says may tell something of it. */
  readonly #onRejection = (error: unknown) => {
    this.#generation.judge(this.#bornIn, error);
    if (typeof error === 'object' && error !== null) this.#lost?.errors.add(error);
  };
  readonly #onExec = (replies: unknown) => {
    if (Array.isArray(replies)) for (const each of replies) this.#generation.judge(this.#bornIn, each, true);
  };
  /** What ioredis rejects from then on are commands that got no reply for it. */
  #lost: { readonly unanswered: number; readonly errors: WeakSet<object> } | undefined;

  constructor(options: ConnectionOptions) {
    const { client, clock } = options;
    this.client = client;
    this.send = options.send;
    this.homeDb = options.homeDb;
    this.options = options.options;
    this.otherOptions = options.otherOptions;
    this.roundTripMs = options.roundTripMs;
    this.#clock = clock;
    this.#generation = options.generation;
    this.#bornIn = options.bornIn;
    this.#incoming = options.incoming;
    this.retiresAt = clock.now() + options.maxLifetimeMs;
    this.#batch = new Batch(client);
    client.stream.prependOnceListener('close', () => this.#lose());
    endWhenSlotMoves(client, clock);
  }

  get state(): ResourceState {
    return this.#state;
  }

  /** An idle connection does not keep the process alive. */
  set state(state: ResourceState) {
    const isIdle = state === 'idle';
    this.#state = state;
    if (this.#incoming) this.#incoming.idle = isIdle;
    if (isIdle) this.client.stream.unref();
    else this.client.stream.ref();
  }

  get flaw(): DestroyReason | undefined {
    if (this.#lost || this.client.status !== 'ready' || !this.client.stream.writable) return 'lost';
    if (this.#bornIn < this.#generation.current) return 'unhealthy';
    return this.retiresAt !== UNLIMITED && this.#clock.now() >= this.retiresAt ? 'maxLifetime' : undefined;
  }

  /** Commands written and not answered; those that a loss cut short stay counted. */
  get unanswered(): number {
    return this.#lost ? this.#lost.unanswered : this.client.commandQueue.length;
  }

  /** Commands written and answered; replies come in order, so it is also the serial of the last of them. */
  get answered(): number {
    return this.written - this.unanswered;
  }

  /**
   * Writes with others where replies are awaited anyway, else at once. False if the client turned the command away
   * instead of writing it.
   */
  write(command: Command, stream: unknown, node: unknown): boolean {
    command.promise.catch(this.#onRejection);
    if (command.name === 'exec') command.promise.then(this.#onExec, noop);
    const { client } = this;
    const { length } = client.commandQueue;
    const together = stream === undefined && (length > 0 || this.#batch.busy);
    if (!together && this.#batch.scheduled) this.#batch.flush();
    try {
      const reply = client.sendCommand(command, together ? this.#batch : stream, node);
      // ioredis derives another one where somebody traces its commands.
      if (reply !== command.promise) reply.catch(noop);
    } catch (error) {
      this.#fallApart(command, error);
      return false;
    }
    if (client.commandQueue.length > length) {
      this.written += 1;
      return true;
    }
    leaveOut(stream, client);
    return false;
  }

  /** Frames may come from now on that answer no command. */
  expectPushes(): void {
    this.#incoming?.expectPushes();
  }

  /** Whoever is dialled where it leads is somebody else by now. */
  disown(): void {
    this.#generation.end(this.#bornIn);
  }

  /** What others have written leaves before what is written past them. */
  flush(): void {
    this.#batch.flush();
  }

  /** True once every command that was written has its reply; false where one will not be waited for any more. */
  async whenAnswered(): Promise<boolean> {
    for (;;) {
      const last = this.client.commandQueue.peekBack();
      if (!last) return true;
      await last.command.promise.catch(noop);
      // ioredis gave up on it (commandTimeout, blockingTimeout), but its reply is still to come.
      if (this.client.commandQueue.peekBack()?.command === last.command) return false;
    }
  }

  /** Whether the connection was lost, and this is what a command was rejected with for it. */
  lostWith(error: unknown): error is Error {
    return this.#lost?.errors.has(error as Error) ?? false;
  }

  /** What is queued and what was written may differ from here on: the connection is of no use any more. */
  #fallApart(command: Command, error: unknown): void {
    this.client.stream.destroy();
    refuse(command, error);
  }

  #lose(): void {
    const { commandQueue } = this.client;
    this.#lost = { unanswered: commandQueue.length, errors: new WeakSet() };
    rejectOneByOne(this.client);
    // After ioredis's own handler, which rejects what is in flight.
    process.nextTick(() => {
      if (this.#state === 'idle') this.onIdleLost?.();
      else this.user?.lost();
    });
  }
}
