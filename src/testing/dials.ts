import { Socket } from 'node:net';
import type { Call } from './calls.js';
import type { Mark, Marks } from './marks.js';
import { now } from './moments.js';
import type { StackReader } from './origins.js';

/** A connection that this process has opened or is opening. */
export interface Dial {
  readonly socket: Socket;
  readonly at: number;
  /** Where it was to go: `host:port`, or the path of a unix socket. */
  readonly target: string;
  readonly mark: Mark<Dial>;
  /** The first dial of the client, where this one followed the end of another. */
  readonly root: Dial;
  readonly stack: StackReader;
}

export interface DialWatch {
  /** Those that have not been closed. */
  open(): Dial[];
  /** Whether it was opened since the beginning. */
  knows(socket: Socket): boolean;
  /** Most that were open at once. */
  readonly peak: number;
  /** Dials since the beginning. */
  readonly count: number;
  /** The last dial of each call that has gone on dialling since its end, if that was later than a moment. */
  lateSince(moment: number): Dial[];
  /** How many went where. */
  readonly targets: ReadonlyMap<string, number>;
  stop(): void;
}

type Connect = (this: Socket, ...args: unknown[]) => Socket;
const prototype = Socket.prototype as { connect: Connect };

export type NoteOrigin = (leaveOut: (...args: never[]) => unknown) => StackReader;

/**
 * Notes every connection that is opened from now on, and by whom. Node's channel `net.client.socket` would tell of
 * `net.connect()` alone; here `tls.connect()` and `new Socket().connect()` pass by as well. Sockets get no listener.
 */
export function watchDials(marks: Marks<Dial>, noteOrigin: NoteOrigin): DialWatch {
  const dials = new Map<Socket, Dial>();
  const targets = new Map<string, number>();
  const late = new Map<Call, Dial>();
  const known = new WeakSet<Socket>();
  const { connect } = prototype;
  let [peak, count, watching] = [0, 0, true];
  const watchedConnect: Connect = function (...args) {
    if (!watching) return connect.apply(this, args);
    const dial = note(this, targetOf(args));
    return marks.run({ call: dial.mark.call, dial }, () => connect.apply(this, args));
  };
  function note(socket: Socket, target: string): Dial {
    const mark = marks.now();
    const before = mark.dial?.socket.destroyed ? mark.dial.root : undefined;
    const dial: Dial = {
      socket,
      at: now(),
      target,
      mark,
      get root() {
        return before ?? dial;
      },
      stack: noteOrigin(watchedConnect),
    };
    dials.set(socket, dial);
    known.add(socket);
    if (mark.call) mark.call.target = target;
    if (mark.call?.hasEnded) {
      mark.call.lateDialAt = dial.at;
      late.set(mark.call, dial);
    }
    targets.set(target, (targets.get(target) ?? 0) + 1);
    count += 1;
    peak = Math.max(peak, open().length);
    return dial;
  }
  function open(): Dial[] {
    for (const socket of dials.keys()) if (socket.destroyed) dials.delete(socket);
    return [...dials.values()];
  }
  prototype.connect = watchedConnect;
  return {
    open,
    targets,
    knows: (socket) => known.has(socket),
    lateSince: (moment) => [...late.values()].filter(({ at }) => at > moment),
    get peak() {
      return peak;
    },
    get count() {
      return count;
    },
    stop() {
      watching = false;
      // Somebody who wrapped it in the meantime keeps their wrapper, around ours, which does nothing any more.
      if (prototype.connect === watchedConnect) prototype.connect = connect;
    },
  };
}

/** Of the arguments of `connect()`, which Node itself passes on in an array. */
function targetOf(args: readonly unknown[]): string {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as readonly unknown[];
  if (typeof first === 'object' && first !== null) {
    const { path, host, port } = first as { path?: unknown; host?: unknown; port?: unknown };
    return path ? String(path) : addressOf(String(host ?? 'localhost'), Number(port));
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return first;
  return addressOf(typeof second === 'string' ? second : 'localhost', Number(first));
}

/** Where it leads: the address, once it is connected. */
export function remoteOf({ socket, target }: Dial): string {
  const { remoteAddress, remotePort } = socket;
  return remotePort === undefined ? target : addressOf(remoteAddress, remotePort);
}

export function addressOf(host = '', port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
