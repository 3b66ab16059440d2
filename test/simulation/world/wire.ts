import type { EventLoop } from './event-loop.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';
import type { Weather } from './weather.js';

/** One end of a connection: what it is told. */
export interface End {
  data(bytes: Buffer): void;
  /** The other side sends no more. */
  finished(): void;
  /** The connection is gone, and whatever was under way with it. */
  reset(): void;
}

/** What the wire needs of the world. */
export interface Ether {
  readonly loop: EventLoop;
  readonly random: Random;
  readonly trace: Trace;
}

type Parcel = Buffer | 'finish' | 'reset';

/** One direction of a connection: bytes arrive in order, sooner or later, together or in pieces. */
class Lane {
  receiver: End | undefined;
  /** What has been sent and has not arrived. */
  underway = 0;
  #lastAt = 0;
  readonly #held: Parcel[] = [];
  readonly #isToServer: boolean;
  readonly #wire: Wire;
  readonly #holds: () => boolean;

  constructor(wire: Wire, isToServer: boolean, holds: () => boolean) {
    this.#wire = wire;
    this.#isToServer = isToServer;
    this.#holds = holds;
  }

  send(parcel: Parcel): void {
    this.underway += 1;
    if (this.#held.length > 0 || this.#holds()) {
      this.#held.push(parcel);
      return;
    }
    const { random } = this.#wire.ether;
    if (typeof parcel !== 'string' && parcel.length > 1 && random.chance(this.#wire.weather.splits)) {
      const at = random.int(1, parcel.length - 1);
      this.underway += 1;
      this.#schedule(parcel.subarray(0, at));
      this.#schedule(parcel.subarray(at));
    } else this.#schedule(parcel);
  }

  /** What was held up goes on its way. */
  letGo(): void {
    for (const parcel of this.#held.splice(0)) {
      this.underway -= 1;
      this.send(parcel);
    }
  }

  #schedule(parcel: Parcel): void {
    const { ether, weather } = this.#wire;
    const { loop, random } = ether;
    const at = loop.now + weather.latencyMs + weather.jitterMs * random.next();
    this.#lastAt = Math.max(this.#lastAt, at);
    const arrive = () => this.#arrive(parcel);
    if (this.#isToServer) loop.elsewhere(this.#lastAt, arrive);
    else loop.arrive(this.#lastAt, arrive);
  }

  #arrive(parcel: Parcel): void {
    const { ether, serial } = this.#wire;
    this.underway -= 1;
    const what = typeof parcel === 'string' ? parcel : parcel.length;
    ether.trace.note(this.#isToServer ? 'to server' : 'to client', serial, what);
    if (parcel === 'reset') this.receiver?.reset();
    else if (parcel === 'finish') this.receiver?.finished();
    else this.receiver?.data(parcel);
  }
}

/** A TCP connection. */
export class Wire {
  readonly toServer: Lane;
  readonly toClient: Lane;
  /** The client has closed its socket: as far as the process is concerned, it is gone. */
  clientClosed = false;
  serverClosed = false;
  /** The client has handed over bytes that a slow peer has not taken yet. */
  clientWrites = false;

  constructor(
    readonly ether: Ether,
    readonly serial: number,
    readonly weather: Weather,
  ) {
    this.toServer = new Lane(this, true, () => weather.holdsRequests || weather.vanished);
    this.toClient = new Lane(this, false, () => weather.holdsReplies || weather.vanished);
  }

  /** Nothing is under way, in either direction. */
  get quiet(): boolean {
    return this.toServer.underway + this.toClient.underway === 0 && !this.clientWrites;
  }

  letGo(): void {
    if (!this.weather.holdsRequests && !this.weather.vanished) this.toServer.letGo();
    if (!this.weather.holdsReplies && !this.weather.vanished) this.toClient.letGo();
  }

  /** The client's side is closed for good; the server hears of it when it can. */
  closeClient(): void {
    if (this.clientClosed) return;
    this.clientClosed = true;
    this.toClient.receiver = undefined;
    this.toServer.send('reset');
  }

  /** The server closes its side, politely or not. */
  closeServer(how: 'finish' | 'reset'): void {
    if (this.serverClosed) return;
    this.serverClosed = true;
    this.toClient.send(how);
    this.toServer.receiver = { data: () => this.toClient.send('reset'), finished() {}, reset() {} };
  }

  /** Something in between has forgotten the connection, and drops whatever is sent on it. */
  loseServer(): void {
    this.serverClosed = true;
    this.toServer.receiver = undefined;
  }

  /** The server's machine is gone, and tells nobody. Whatever is sent to it later is answered by a reset. */
  forgetServer(): void {
    this.serverClosed = true;
    this.toServer.receiver = { data: () => this.toClient.send('reset'), finished() {}, reset() {} };
  }
}

/** As a stream hands it on. */
export interface Written {
  readonly chunk: string | Buffer;
  readonly encoding: BufferEncoding;
}

export const bytesOf = ({ chunk, encoding }: Written) =>
  typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
