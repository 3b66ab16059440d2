import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import { storedValue } from '../stored-value.js';

const get = Buffer.from(`$${storedValue.length}\r\n${storedValue}\r\n`);
const pong = Buffer.from('+PONG\r\n');
const ok = Buffer.from('+OK\r\n');

/** A server without a network: what was asked in one turn of the event loop is answered in the next. */
class MemorySocket extends EventEmitter {
  readonly connecting = false;
  destroyed = false;
  writable = true;
  readonly _writableState = { ended: false };
  #replies: Buffer[] = [];

  write(request: string | Buffer): boolean {
    if (this.#replies.length === 0) setImmediate(() => this.#answer());
    for (const [, name] of request.toString().matchAll(/\*\d+\r\n\$\d+\r\n([a-z]+)/gi)) {
      this.#replies.push(replyTo(name!));
    }
    return true;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.writable = false;
    setImmediate(() => this.emit('close', false));
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
  setTimeout(): void {}
  resume(): void {}
  ref(): void {}
  unref(): void {}
  cork(): void {}
  uncork(): void {}

  #answer(): void {
    const replies = this.#replies;
    this.#replies = [];
    this.emit('data', replies.length === 1 ? replies[0] : Buffer.concat(replies));
  }
}

function replyTo(command: string): Buffer {
  const name = command.toLowerCase();
  if (name === 'get') return get;
  return name === 'ping' ? pong : ok;
}

class MemoryConnector {
  check(): boolean {
    return true;
  }

  async connect(): Promise<MemorySocket> {
    this.#socket = new MemorySocket();
    return this.#socket;
  }

  disconnect(): void {
    this.#socket?.end();
  }

  #socket: MemorySocket | undefined;
}

const options = {
  Connector: MemoryConnector as never,
  protocol: 2,
  enableReadyCheck: false,
  disableClientInfo: true,
  lazyConnect: true,
  retryStrategy: () => null,
} as const;

/** Instead of a server's, where only what happens in this process is to be measured. */
export const memoryUrl = 'memory:';

/** A real ioredis client that talks to memory. */
export function createMemoryClient(enableAutoPipelining = false): Redis {
  return new Redis({ ...options, enableAutoPipelining });
}
