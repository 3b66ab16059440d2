import { createConnection, type Socket } from 'node:net';
import { connect as createTlsConnection } from 'node:tls';
import type { RedisOptions } from 'ioredis';

/** Where all sockets read to; what has come is copied out before the next one reads. */
const incoming = Buffer.allocUnsafeSlow(65_536);

/**
 * Opens sockets as ioredis does, but for the reading: Node takes new memory for each read of a socket, 64 kB of it where
 * there is no TLS, and hands it through a stream, which costs as much as all of ioredis. Here all read into the same
 * buffer (`onread` of `net.connect` and `tls.connect`).
 */
export class Connector {
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

/** Where a socket leads. `lookup` is that of a cluster whose options say how names are looked up. */
const PLACE = ['path', 'host', 'port', 'family', 'lookup'] as const;

function open(options: RedisOptions & { readonly lookup?: unknown }): Socket {
  const onread = {
    buffer: incoming,
    callback(length: number, buffer: Uint8Array): true {
      socket.emit('data', Buffer.from(buffer.subarray(0, length)));
      return true;
    },
  };
  const place: Record<string, unknown> = {};
  for (const name of PLACE) if (options[name] != null) place[name] = options[name];
  const { tls } = options;
  const socket = tls
    ? createTlsConnection({ ...place, ...tls, onread } as never)
    : createConnection({ ...place, onread } as never);
  return socket;
}
