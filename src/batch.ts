import type { Client } from './adapters/client.js';

/** A batch of no more is not worth holding back the next command for. */
const FEW = 4;
/** The first part of a large batch leaves early, for the same reason. */
const EARLY = 32;

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
    if (this.#size === EARLY) this.#drain();
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
