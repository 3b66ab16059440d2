import { Duplex } from 'node:stream';

import type { SocketAddress } from './globals.js';
import { VirtualTimeout } from './timers.js';
import { bytesOf, type End, type Ether, type Wire, type Written } from './wire.js';

type Done = (error?: Error | null) => void;

/** An error as the operating system reports it. */
export function systemError(code: string, syscall: string, address = ''): Error {
  return Object.assign(new Error(`${syscall} ${code}${address && ` ${address}`}`), { code, syscall });
}

/** A socket without a network card: what `net.Socket` is to its users, on a wire of the world. */
export class SimSocket extends Duplex implements End {
  connecting = true;
  readonly serial: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  timeout = 0;
  /** This side has closed it while the other side was still there. */
  isForsaken = false;
  #wire: Wire | undefined;
  #timer: VirtualTimeout | undefined;
  #reading = false;
  #ended = false;
  readonly #unread: Buffer[] = [];
  readonly #ether: Ether;
  readonly #onread: SocketAddress['onread'];
  readonly #onClosed: () => void;

  constructor(ether: Ether, serial: number, address: SocketAddress, onClosed: () => void) {
    super({ allowHalfOpen: false, emitClose: false, autoDestroy: true, decodeStrings: false });
    this.#ether = ether;
    this.serial = serial;
    this.remoteAddress = address.host ?? address.path ?? 'localhost';
    this.remotePort = address.port ?? 0;
    this.#onread = address.onread;
    this.#onClosed = onClosed;
  }

  /** The other side, as the world knows it; undefined before the connection stands. */
  get wire(): Wire | undefined {
    return this.#wire;
  }

  get readyState(): string {
    if (this.connecting) return 'opening';
    if (this.readable && this.writable) return 'open';
    return this.readable ? 'readOnly' : this.writable ? 'writeOnly' : 'closed';
  }

  connected(wire: Wire): void {
    this.#wire = wire;
    wire.toClient.receiver = this;
    this.connecting = false;
    this.emit('connect');
    this.emit('ready');
    if (this.readable && !this.isPaused()) this.read(0);
  }

  failed(error: Error): void {
    if (!this.destroyed) this.destroy(error);
  }

  data(bytes: Buffer): void {
    this.#touch();
    if (this.#reading) this.#hand(bytes);
    else this.#unread.push(bytes);
  }

  finished(): void {
    this.#ended = true;
    if (this.#unread.length > 0) return;
    this.push(null);
    this.read(0);
  }

  reset(): void {
    if (!this.destroyed) this.destroy(systemError('ECONNRESET', 'read'));
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Tells by `timeout` when nothing has happened for so long. */
  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms;
    this.#timer?.close();
    this.#timer =
      ms > 0 ? new VirtualTimeout(this.#ether.loop, () => this.emit('timeout'), ms, false) : undefined;
    if (callback) {
      if (ms > 0) this.once('timeout', callback);
      else this.off('timeout', callback);
    }
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  override _read(): void {
    if (this.connecting) {
      this.once('connect', () => this._read());
      return;
    }
    this.#reading = true;
    while (this.#reading && this.#unread.length > 0) this.#hand(this.#unread.shift() as Buffer);
    if (this.#ended && this.#unread.length === 0) this.push(null);
  }

  /** What was written meanwhile, or while it was corked, leaves in one piece. */
  override _writev(chunks: readonly Written[], done: Done): void {
    this._write(Buffer.concat(chunks.map(bytesOf)), 'binary', done);
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: Done): void {
    if (this.connecting) {
      const closed = () => done(systemError('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'write'));
      this.once('close', closed);
      this.once('connect', () => {
        this.off('close', closed);
        this._write(chunk, encoding, done);
      });
      return;
    }
    this.#touch();
    if (!this.#wire) done(systemError('EPIPE', 'write'));
    else this.#transmit(bytesOf({ chunk, encoding }), done);
  }

  override _final(done: Done): void {
    if (this.connecting) {
      this.once('connect', () => this._final(done));
      return;
    }
    this.isForsaken ||= !this.#ended;
    this.#wire?.toServer.send('finish');
    this.#ether.loop.closed(() => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false;
    this.#timer?.close();
    this.isForsaken ||= !this.#ended && error === null;
    this.#wire?.closeClient();
    this.#onClosed();
    this.#ether.loop.closed(() => this.emit('close', error !== null));
    done(error);
  }

  /** All at once, or as much as a slow peer takes. */
  #transmit(bytes: Buffer, done: Done): void {
    const wire = this.#wire as Wire;
    const { bytesAtOnce, latencyMs } = wire.weather;
    if (bytes.length > 0) wire.toServer.send(bytes.subarray(0, bytesAtOnce));
    wire.clientWrites = bytes.length > bytesAtOnce;
    if (!wire.clientWrites) done();
    else
      this.#ether.loop.after(latencyMs, () => {
        if (this.destroyed) done(systemError('EPIPE', 'write'));
        else this.#transmit(bytes.subarray(bytesAtOnce), done);
      });
  }

  /** To whoever reads: into the buffer it brought along, or through the stream. */
  #hand(bytes: Buffer): void {
    if (!this.#onread) {
      if (!this.push(bytes)) this.#reading = false;
      return;
    }
    const { buffer, callback } = this.#onread;
    for (let at = 0; at < bytes.length; at += buffer.length) {
      const piece = bytes.subarray(at, at + buffer.length);
      buffer.set(piece);
      if (!callback(piece.length, buffer)) this.#reading = false;
    }
  }

  #touch(): void {
    this.#timer?.refresh();
  }
}
