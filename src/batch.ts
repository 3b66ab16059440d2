import type { Client } from './adapters/client.js';

/**
 * What is sent while earlier commands are unanswered leaves together, at the end of this turn: one system call instead
 * of one for each command. Ordering is the writer's: whoever writes past it has to flush it first.
 */
export class Batch {
  readonly #client: Client;
  #text = '';
  #chunks: (string | Buffer)[] | undefined;
  #scheduled = false;
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
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flush);
  }

  flush(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
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
