import type { Client, QueueItem } from './client.js';

const CR = 13;
const LF = 10;

type Listener = (chunk: Buffer) => void;

/** Something came that nobody had asked for, or that ioredis cannot read. What follows would go to the wrong command. */
export class OutOfStepError extends Error {
  override readonly name = 'OutOfStepError';
}

/**
 * What is read from a socket passes here before ioredis parses it, whatever kind of socket it is: what it throws stays
 * with the connection, and nothing is taken for a reply that comes while nobody waits for one.
 */
export class Incoming {
  /** Nobody uses the connection, so nothing may come. */
  idle = false;
  readonly #client: Client;
  readonly #parsers: readonly Listener[];
  readonly #onBroken: (error: unknown) => void;
  #expectsPushes = false;
  /** What ioredis has taken from its queue last, to answer it. */
  #taken: QueueItem | undefined;
  /** A line may end with the next byte; ioredis 6 answers at its CR. */
  #isAtCr = false;

  /** To be made once ioredis listens to the socket. */
  constructor(client: Client, onBroken: (error: unknown) => void) {
    const { stream } = client;
    this.#client = client;
    this.#onBroken = onBroken;
    this.#parsers = stream.listeners('data') as Listener[];
    stream.prependListener('data', this.#read);
    for (const parser of this.#parsers) stream.removeListener('data', parser);
  }

  /** Frames may come from now on that answer no command. */
  expectPushes(): void {
    if (this.#expectsPushes) return;
    this.#expectsPushes = true;
    const { commandQueue } = this.#client;
    const { shift } = commandQueue;
    commandQueue.shift = () => {
      this.#taken = shift.call(commandQueue);
      return this.#taken;
    };
  }

  readonly #read = (chunk: Buffer): void => {
    const isRest = this.#isAtCr && chunk.length === 1 && chunk[0] === LF;
    this.#isAtCr = chunk.at(-1) === CR;
    if (this.idle && this.#client.commandQueue.length === 0 && !isRest) {
      // It has been answered, whoever waits elsewhere for what that came to.
      this.#taken = undefined;
      this.#break(new OutOfStepError('the server sent something although nobody had asked for anything'));
      return;
    }
    try {
      if (this.#expectsPushes) withoutLateThrows(() => this.#parse(chunk), this.#break);
      else for (const parser of this.#parsers) parser.call(this.#client.stream, chunk);
    } catch (error) {
      this.#break(error);
    }
  };

  #parse(chunk: Buffer): void {
    this.#taken = undefined;
    for (const parser of this.#parsers) parser.call(this.#client.stream, chunk);
  }

  readonly #break = (error: unknown): void => {
    this.#onBroken(error);
    const { commandQueue, stream } = this.#client;
    const taken = this.#taken;
    // What it took and could not answer is told of the loss, as all is that waits for a reply.
    if (taken && !taken.command.isResolved) commandQueue.unshift(taken);
    stream.destroy();
  };
}

/** Node's own, while it is replaced. */
let ownTick: typeof process.nextTick | undefined;

/** Runs what is not ioredis's while that parses: what it does in the next tick is its own affair, as ever. */
export function outsideOfParser(run: () => void): void {
  withTick(ownTick ?? process.nextTick, run);
}

/**
 * Unless somebody else replaces it meanwhile, such as fake timers. Reflect.set, for who freezes the process object gets no
 * containment, and no error either.
 */
function withTick(tick: typeof process.nextTick, run: () => void): void {
  const { nextTick } = process;
  Reflect.set(process, 'nextTick', tick);
  try {
    run();
  } finally {
    if (process.nextTick === tick) Reflect.set(process, 'nextTick', nextTick);
  }
}

/**
 * ioredis 6 throws again in the next tick what its handler threw, where nobody can catch it. Only what it does with
 * frames that answer no command can throw, so only there the tick is replaced, and only for this turn.
 */
function withoutLateThrows(run: () => void, broken: (error: unknown) => void): void {
  const { nextTick } = process;
  const contained = (fn: (...args: unknown[]) => void, ...args: unknown[]) =>
    nextTick(() => {
      try {
        fn(...args);
      } catch (error) {
        broken(error);
      }
    });
  ownTick = nextTick;
  try {
    withTick(contained, run);
  } finally {
    ownTick = undefined;
  }
}
