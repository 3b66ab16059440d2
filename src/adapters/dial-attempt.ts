import type { RedisOptions } from 'ioredis';
import { addressOf } from '../connection/address.js';
import type { Client } from '../connection/client.js';
import { Incoming } from '../connection/incoming.js';

/** ioredis hides what a server said that nobody had asked for in the words of its own bug report. */
const UNASKED = /Command queue state error.*? Last (?:error|reply): (.*)$/s;

/** Runs while a reply is awaited, where `socketTimeout` is given. */
type Timed = Client & { readonly socketTimeoutTimer?: NodeJS.Timeout };

/** One dial, how far it has come, and what went wrong first. */
export class DialAttempt {
  client: Client | undefined;
  incoming: Incoming | undefined;
  /** The first `error` event: ioredis rejects with "Connection is closed." whatever happened (#460). */
  failure: unknown;
  /** Why it takes so long, in the server's words. */
  delay: Error | undefined;
  /** A part of it: the server that a sentinel named. */
  inner: DialAttempt | undefined;
  readonly #target: RedisOptions;

  constructor(
    target: RedisOptions,
    /** Where it leads, where others say so. */
    readonly place: { readonly host: string; readonly port: number } | undefined = undefined,
  ) {
    this.#target = target;
  }

  /** Where it leads, in words that hold no credential. What the client made of the options is nearest the truth. */
  get address(): string {
    return addressOf(this.place ?? this.client?.options ?? this.#target);
  }

  get progress(): string {
    if (this.inner) return this.inner.progress;
    if (!this.client && this.#target.sentinels) return `${this.address}: no sentinel has answered`;
    if (!this.client) return 'connect() has not resolved';
    if (this.delay) return `${this.address}: ${this.delay.message}`;
    return this.incoming
      ? `${this.address} accepted the connection, and did not answer (TLS? a firewall?)`
      : `${this.address} did not accept the connection${this.client.options.tls ? ' with TLS' : ''}`;
  }

  /** @param expectsPushes What comes may answer no command. */
  follow(client: Client, expectsPushes = (client.options as { protocol?: number }).protocol === 3): void {
    this.client = client;
    // Many scopes may listen to the connection that they share.
    client.setMaxListeners?.(0);
    client.on('error', (error: Error) => {
      const [, words] = UNASKED.exec(error.message) ?? [];
      this.failure ??= words === undefined ? error : new Error(words);
      // Whatever else it was, replies and commands do not match any more.
      if (words !== undefined) client.stream?.destroy();
    });
    // ioredis 5 leaves it to ring after the end.
    client.once('end', () => clearTimeout((client as Timed).socketTimeoutTimer));
    const guard = () => {
      this.incoming = new Incoming(client, (error) => {
        this.failure ??= error;
      });
      if (expectsPushes) this.incoming.expectPushes();
    };
    if (client.status === 'connect' || client.status === 'ready') guard();
    else client.once('connect', guard);
  }
}
