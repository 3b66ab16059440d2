import { Socket } from 'node:net';
import { type StackReader, watchOrigins } from './origins.js';

/** A connection that this process has opened or is opening. */
export interface Dial {
  readonly socket: Socket;
  readonly at: number;
  readonly stack: StackReader;
}

export interface DialWatch {
  /** Those that have not been closed. */
  open(): Dial[];
  /** Most that were open at once. */
  readonly peak: number;
  /** Dials since the beginning. */
  readonly count: number;
  stop(): void;
}

type Connect = (this: Socket, ...args: unknown[]) => Socket;
const prototype = Socket.prototype as { connect: Connect };

/**
 * Notes every connection that is opened from now on, and by whom. Node's channel `net.client.socket` would tell of
 * `net.connect()` alone; here `tls.connect()` and `new Socket().connect()` pass by as well. Sockets get no listener.
 */
export function watchDials(): DialWatch {
  const dials = new Map<Socket, Dial>();
  const origins = watchOrigins();
  const { connect } = prototype;
  let [peak, count, watching] = [0, 0, true];
  const watchedConnect: Connect = function (...args) {
    if (watching) note(this);
    return connect.apply(this, args);
  };
  function note(socket: Socket): void {
    dials.set(socket, { socket, at: performance.now(), stack: origins.note(watchedConnect) });
    count += 1;
    peak = Math.max(peak, open().length);
  }
  function open(): Dial[] {
    for (const socket of dials.keys()) if (socket.destroyed) dials.delete(socket);
    return [...dials.values()];
  }
  prototype.connect = watchedConnect;
  return {
    open,
    get peak() {
      return peak;
    },
    get count() {
      return count;
    },
    stop() {
      watching = false;
      origins.stop();
      // Somebody who wrapped it in the meantime keeps their wrapper, around ours, which does nothing any more.
      if (prototype.connect === watchedConnect) prototype.connect = connect;
    },
  };
}
