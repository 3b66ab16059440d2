import type { Client } from './client.js';

/** A batch of no more is not worth holding back the first command of the next one for. */
const FEW = 20;
/** The least that leaves before the turn is over. */
const LEAST = 3;
/** What is held back at most, in characters and bytes: a string has an end, and memory too. */
const MOST = 2 ** 20;

/**
 * What is sent while earlier commands are unanswered leaves together, at the end of this turn: one system call instead
 * of one for each command. Half of what is usually in flight leaves as soon as it is there, so that the server works on it
 * while the rest is made. Ordering is the writer's: whoever writes past it has to flush it first.
 */
export class Batch {
  /** ioredis takes its socket for where a script is loaded, as with its own pipelines, and not the batch itself. */
  readonly isPipeline = true;
  readonly destination: { readonly redis: Client };
  #text = '';
  #chunks: (string | Buffer)[] | undefined;
  /** Something waits for the end of this turn. */
  scheduled = false;
  #size = 0;
  #length = 0;
  #half = LEAST;
  /** The last batch was large, so the next one is likely to be. */
  busy = false;
  readonly #flush = () => this.flush();

  constructor(client: Client) {
    this.destination = { redis: client };
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
    this.#length += chunk.length;
    if (this.#size === this.#half || this.#length > MOST) this.#drain();
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(this.#flush);
  }

  flush(): void {
    if (!this.scheduled) return;
    this.scheduled = false;
    this.busy = this.#size > FEW;
    this.#half = Math.max(LEAST, this.destination.redis.commandQueue.length >> 1);
    this.#size = 0;
    this.#drain();
  }

  #drain(): void {
    const { stream } = this.destination.redis;
    const chunks = this.#chunks;
    const text = this.#text;
    this.#chunks = undefined;
    this.#text = '';
    this.#length = 0;
    if (!stream.writable) return;
    if (!chunks) stream.write(text);
    else stream.write(Buffer.concat([...chunks, text].map((chunk) => Buffer.from(chunk as string))));
  }
}

/** ioredis turns commands away in subscriber mode, and a pipeline is written once all of its commands are. */
export function leaveOut(stream: unknown, { status, stream: socket }: Client): void {
  const pipeline = stream as { isPipeline?: boolean; write(text: string): void } | undefined;
  if (pipeline?.isPipeline && status === 'ready' && socket.writable) pipeline.write('');
}
