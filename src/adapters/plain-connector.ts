import { createConnection, type LookupFunction, type Socket } from 'node:net';
import type { RedisOptions } from 'ioredis';

/** Where all sockets read to; what has come is copied out before the next one reads. */
const incoming = Buffer.allocUnsafeSlow(65_536);

/**
 * Opens sockets without TLS as ioredis does, but for the reading: Node takes 64 kB of new memory for each read of a
 * socket and shrinks them to what has come, which costs as much as all of ioredis. Here all read into the same buffer
 * (`onread` of `net.connect`).
 */
export class PlainConnector {
  /** Why the socket failed before ioredis listened to it. */
  firstError: Error | undefined;
  readonly #options: RedisOptions;
  #socket: Socket | undefined;
  #wanted = false;

  constructor(options: RedisOptions) {
    this.#options = options;
  }

  /** At the end of the turn, unless it was given up by then. */
  async connect(): Promise<Socket> {
    this.#wanted = true;
    await new Promise(process.nextTick);
    if (!this.#wanted) throw new Error('Connection is closed.');
    const socket = open(this.#options);
    socket.once('error', (error) => {
      this.firstError = error;
    });
    this.#socket = socket;
    return socket;
  }

  /** Whoever disconnects sees to it that the socket closes in time, so there is no timer here. */
  disconnect(): void {
    this.#wanted = false;
    this.#socket?.end();
  }
}

/** `lookup` is that of a cluster whose options say how names are looked up. */
function open({ path, host, port, family, lookup }: RedisOptions & { lookup?: LookupFunction }): Socket {
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
        ...(lookup !== undefined && { lookup }),
      });
  return socket;
}
