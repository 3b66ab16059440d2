import { noop } from '../core/outcome.js';
import type { DestroyReason, Resource, ResourceState } from '../pool/ledger.js';
import { Batch } from './batch.js';
import type { Client, Command } from './client.js';
import type { Generation } from './generation.js';

/** Whoever has to know that a connection is lost. */
export interface ConnectionUser {
  lost(): void;
}

/** One ioredis client that is ready, and what its keeper must know of it. */
export class Connection implements Resource {
  lent = 0;
  /** Commands ever written. */
  written = 0;
  /** Called when the socket closes by itself and nobody holds the connection. */
  onIdleLost: (() => void) | undefined;
  /** To whom it is lent. */
  user: ConnectionUser | undefined;
  #state: ResourceState = 'idle';
  readonly #retiresAt: number;
  readonly #generation: Generation | undefined;
  readonly #bornIn: number;
  readonly #batch: Batch;
  /** Of every command: nobody else may be looking, and what the server says may tell something of it. */
  readonly #onRejection = (error: unknown) => this.#generation?.judge(this.#bornIn, error);
  #lost: { readonly unanswered: number; readonly errors: WeakSet<object> } | undefined;

  constructor(
    readonly client: Client,
    /** The database that the next borrower expects. */
    readonly homeDb: number,
    maxLifetimeMs: number,
    /** What the options of a handle begin with. */
    readonly options: object = client.options,
    /** Known where the address of the master may change. */
    generation: Generation | undefined = undefined,
  ) {
    this.#generation = generation;
    this.#bornIn = generation?.current ?? 0;
    this.#retiresAt = Date.now() + maxLifetimeMs;
    this.#batch = new Batch(client);
    client.stream.prependOnceListener('close', () => this.#lose());
  }

  get state(): ResourceState {
    return this.#state;
  }

  /** An idle connection does not keep the process alive. */
  set state(state: ResourceState) {
    this.#state = state;
    if (state === 'idle') this.client.stream.unref();
    else this.client.stream.ref();
  }

  get flaw(): DestroyReason | undefined {
    if (this.#lost || this.client.status !== 'ready' || !this.client.stream.writable) return 'lost';
    if (this.#generation && this.#bornIn < this.#generation.current) return 'unhealthy';
    return this.#retiresAt !== Number.POSITIVE_INFINITY && Date.now() >= this.#retiresAt
      ? 'maxLifetime'
      : undefined;
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
    const { client } = this;
    const { length } = client.commandQueue;
    const together = stream === undefined && (length > 0 || this.#batch.busy);
    if (!together && this.#batch.scheduled) this.#batch.flush();
    client.sendCommand(command, together ? this.#batch : stream, node);
    if (client.commandQueue.length > length) {
      this.written += 1;
      return true;
    }
    leaveOut(stream, client);
    this.#noteLoss(command);
    return false;
  }

  /** What others have written leaves before what is written past them. */
  flush(): void {
    if (this.#batch.scheduled) this.#batch.flush();
  }

  /** True once every command that was written has its reply; false where one will not be waited for any more. */
  async whenAnswered(): Promise<boolean> {
    for (;;) {
      const last = this.client.commandQueue.peekBack();
      if (!last) return true;
      await last.command.promise.catch(noop);
      // ioredis gave up on it (commandTimeout, blockingTimeout), but its reply is still to come.
      if (this.client.commandQueue.peekBack() === last) return false;
    }
  }

  /** Whether the connection was lost, and this is what a command was rejected with for it. */
  lostWith(error: unknown): error is Error {
    return error instanceof Error && (this.#lost?.errors.has(error) ?? false);
  }

  /** Remembers what a command is rejected with that got no reply for the loss of the connection. */
  #noteLoss({ promise }: Command): void {
    promise.catch((error: unknown) => {
      if (error instanceof Error) this.#lost?.errors.add(error);
    });
  }

  #lose(): void {
    const { commandQueue } = this.client;
    this.#lost = { unanswered: commandQueue.length, errors: new WeakSet() };
    for (const { command } of commandQueue.toArray()) this.#noteLoss(command);
    // After ioredis's own handler, which rejects what is in flight.
    process.nextTick(() => {
      if (this.#state === 'idle') this.onIdleLost?.();
      else this.user?.lost();
    });
  }
}

/** ioredis turns commands away in subscriber mode, and a pipeline is written once all of its commands are. */
function leaveOut(stream: unknown, { status, stream: socket }: Client): void {
  const pipeline = stream as { isPipeline?: boolean; write(text: string): void } | undefined;
  if (pipeline?.isPipeline && status === 'ready' && socket.writable) pipeline.write('');
}
