import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What a fault does to a connection; `refuse` concerns new ones only, so here it is like `pass`. */
export type FaultMode =
  /** Everything goes through. */
  | 'pass'
  /** The TCP of it works (FIN is answered), but nothing is forwarded either way and the server is never dialled. */
  | 'mute'
  /** The server gets the command and acts; the reply is lost. */
  | 'drop-replies'
  /** No bytes and no FIN, either way: a host that vanished. Ends seen meanwhile are told when the mode changes. */
  | 'blackhole'
  /** New connections are reset at once; the existing ones go on. */
  | 'refuse'
  /** Each reply arrives that much later, in order; commands are not delayed. */
  | { readonly delayMs: number };

export interface ConnectionSetting {
  readonly mode: () => FaultMode;
  readonly dialServer: () => Socket;
  readonly onClientData: (chunk: Buffer) => void;
  readonly onClose: (connection: ProxiedConnection) => void;
}

/** One client socket and the server socket behind it. Both allow half-open, so that every FIN is ours to forward. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #setting: ConnectionSetting;
  #server: Socket | undefined;
  #clientEnded = false;
  #serverEnded = false;
  #lastReply: Promise<unknown> = Promise.resolve();

  constructor(client: Socket, setting: ConnectionSetting) {
    this.#client = client;
    this.#setting = setting;
    client.setNoDelay(true);
    client.on('data', (chunk) => this.#fromClient(chunk));
    client.on('end', () => this.#endClient());
    client.on('error', () => undefined);
    client.on('close', () => this.#endClient());
    if (this.#forwards()) this.#dialServer();
  }

  /** From now on a black hole, whatever happens to the others. */
  frozen = false;

  #mode(): FaultMode {
    return this.frozen ? 'blackhole' : this.#setting.mode();
  }

  /** Whether the client still holds it, as far as the wire tells: no FIN and no RST from there yet. */
  get isOpen(): boolean {
    return !this.#clientEnded && !this.#client.destroyed;
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server?.destroy();
  }

  /** Passes on the ends that both sides have come to, unless the present mode hides them. */
  settle(): void {
    if (this.#mode() !== 'blackhole') this.#passEndsOn();
    if (this.#client.destroyed && (this.#server?.destroyed ?? true)) this.#setting.onClose(this);
  }

  #passEndsOn(): void {
    if (this.#client.destroyed) this.#server?.destroy();
    else if (this.#server?.errored) this.#client.resetAndDestroy();
    if (this.#clientEnded) (this.#server ?? this.#client).end();
    if (this.#serverEnded) this.#client.end();
  }

  #forwards(): boolean {
    const mode = this.#mode();
    return mode !== 'mute' && mode !== 'blackhole';
  }

  #fromClient(chunk: Buffer): void {
    this.#setting.onClientData(chunk);
    if (this.#forwards()) (this.#server ?? this.#dialServer()).write(chunk);
  }

  #endClient(): void {
    this.#clientEnded = true;
    this.settle();
  }

  #dialServer(): Socket {
    const server = this.#setting.dialServer();
    this.#server = server;
    server.setNoDelay(true);
    server.on('data', (chunk) => this.#fromServer(chunk));
    server.on('end', () => this.#inTurn(() => this.#endServer()));
    server.on('error', () => undefined);
    server.on('close', () => this.#inTurn(() => this.#endServer()));
    return server;
  }

  #fromServer(chunk: Buffer): void {
    if (this.#forwards() && this.#mode() !== 'drop-replies') {
      this.#inTurn(() => this.#client.writable && this.#client.write(chunk));
    }
  }

  #endServer(): void {
    this.#serverEnded = true;
    this.settle();
  }

  /** Replies and the FIN after them keep their order also when the delay shrinks in between. */
  #inTurn(deliver: () => unknown): void {
    const mode = this.#mode();
    const due = Date.now() + (typeof mode === 'object' ? mode.delayMs : 0);
    const untilDue = () => (due > Date.now() ? wait(due - Date.now(), undefined, { ref: false }) : undefined);
    this.#lastReply = this.#lastReply.then(untilDue).then(deliver);
  }
}
