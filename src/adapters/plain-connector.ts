import { createConnection, type Socket } from 'node:net';
import { AbstractConnector, type RedisOptions } from 'ioredis';

/** Where all sockets read to; what has come is copied out before the next one reads. */
const incoming = Buffer.allocUnsafeSlow(65_536);

/**
 * Opens sockets without TLS as ioredis does, but for the reading: Node takes 64 kB of new memory for each read of a
 * socket and shrinks them to what has come, which costs as much as all of ioredis. Here all read into the same buffer
 * (`onread` of `net.connect`).
 */
export class PlainConnector extends AbstractConnector {
  readonly #options: RedisOptions;

  constructor(options: unknown) {
    super(0);
    this.#options = options as RedisOptions;
  }

  /** Opened at the end of the turn, unless it was given up by then; ioredis listens to it from then on. */
  async connect(): Promise<Socket> {
    this.connecting = true;
    await new Promise(process.nextTick);
    if (!this.connecting) throw new Error('Connection is closed.');
    this.stream = open(this.#options);
    this.stream.once('error', (error) => {
      this.firstError = error;
    });
    return this.stream as Socket;
  }

  /** Whoever disconnects sees to it that the socket closes in time, so there is no timer here. */
  override disconnect(): void {
    this.connecting = false;
    this.stream?.end();
  }
}

function open({ path, host, port, family }: RedisOptions): Socket {
  const onread = {
    buffer: incoming,
    callback(length: number, buffer: Uint8Array): true {
      socket.emit('data', Buffer.from(buffer.subarray(0, length)));
      return true;
    },
  };
  const socket: Socket = path
    ? createConnection({ path, onread })
    : createConnection({
        port: port as number,
        onread,
        ...(host !== undefined && { host }),
        ...(family !== undefined && { family }),
      });
  return socket;
}
