import type { Client } from './adapters/client.js';

/** A batch of no more is not worth holding back the first command of the next one for. */
const FEW = 20;
/** The first part of a batch leaves early, so that the server works while the rest is made: so many commands. */
const EARLY = 3;
/** As much of a large batch, of which one or two more system calls are worth less than the time they take. */
const EARLY_OF_MANY = 32;

/**
 * What is sent while earlier commands are unanswered leaves together, at the end of this turn: one system call instead
 * of one for each command. Ordering is the writer's: whoever writes past it has to flush it first.
 */
export class Batch {
  readonly #client: Client;
  #text = '';
  #chunks: (string | Buffer)[] | undefined;
  #scheduled = false;
  #size = 0;
  /** The last batch was large, so the next one is likely to be. */
  busy = false;
  readonly #flush = () => this.flush();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Called by ioredis with a command in RESP. */
  write(chunk: string | Buffer): void {
    if (typeof chunk === 'string') this.#text += chunk;
    else {
      this.#chunks ??= [];
      this.#chunks.push(this.#text, chunk);
      this.#text = '';
    }
    this.#size += 1;
    if (this.#size === (this.busy ? EARLY_OF_MANY : EARLY)) this.#drain();
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flush);
  }

  flush(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.busy = this.#size > FEW;
    this.#size = 0;
    this.#drain();
  }

  #drain(): void {
    const { stream } = this.#client;
    const chunks = this.#chunks;
    const text = this.#text;
    this.#chunks = undefined;
    this.#text = '';
    if (!stream.writable) return;
    if (!chunks) stream.write(text);
    else stream.write(Buffer.concat([...chunks, text].map((chunk) => Buffer.from(chunk as string))));
  }
}
