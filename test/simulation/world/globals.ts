import { createRequire, syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import { EventLoop } from './event-loop.js';
import { Random } from './random.js';
import { VirtualImmediate, VirtualTimeout } from './timers.js';

const require = createRequire(import.meta.url);

/** What Node itself has, for those who make the world go round. */
export const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  now: performance.now.bind(performance),
  Date: globalThis.Date,
};

/** Where the world began, by the calendar. */
const EPOCH_MS = real.Date.UTC(2030, 0, 1);

/** What globals answer from: one program after the other brings its own. */
export class Surroundings {
  readonly loop = new EventLoop();
  readonly random: Random;
  /** How far the wall clock has been set, and how long the process has slept. */
  wallOffsetMs = 0;
  /** Opens a socket; the network of the world does. */
  connect: (options: SocketAddress) => unknown = () => {
    throw new Error('this world has no network');
  };

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  get wall(): number {
    return Math.floor(EPOCH_MS + this.loop.now + this.wallOffsetMs);
  }
}

export interface SocketAddress {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly onread?: { readonly buffer: Uint8Array; callback(length: number, buffer: Uint8Array): boolean };
}

let here = new Surroundings(0);

/** From now on globals answer from these. What was left over from those before is never run. */
export function enter(surroundings: Surroundings): void {
  here = surroundings;
}

type Callback = (...args: unknown[]) => void;

const timer =
  (repeats: boolean) =>
  (fn: Callback, ms?: number, ...args: unknown[]) =>
    new VirtualTimeout(here.loop, args.length > 0 ? () => fn(...args) : () => fn(), Number(ms), repeats);

/**
 * ioredis 5's parser has one buffer for the whole process, which replies in pieces make grow, and shrinks it by a timer: it
 * belongs to no program, and whether it is set depends on those before.
 */
const OF_THE_PROCESS = 'decreaseBufferPool';

const setInterval = (fn: Callback, ms?: number, ...args: unknown[]) =>
  fn.name === OF_THE_PROCESS ? real.setInterval(fn, ms) : timer(true)(fn, ms, ...args);

const clearTimer = (timeout: unknown) => {
  if (timeout instanceof VirtualTimeout) timeout.close();
  else if (typeof timeout === 'number') here.loop.timerNamed(timeout)?.close();
  else real.clearTimeout(timeout as NodeJS.Timeout);
};

const setImmediate = (fn: Callback, ...args: unknown[]) => here.loop.immediate(() => fn(...args));
const clearImmediate = (immediate: unknown) => {
  if (immediate instanceof VirtualImmediate) immediate.run = undefined;
};

/** As `timers/promises` has it; an abort of the wait rejects. */
function sleep<T>(ms?: number, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timeout = timer(false)(() => resolve(value), ms);
    signal?.addEventListener('abort', () => {
      timeout.close();
      reject(signal.reason);
    });
  });
}

class VirtualDate extends real.Date {
  constructor(...args: []) {
    if (args.length === 0) super(here.wall);
    else super(...args);
  }

  static override now(): number {
    return here.wall;
  }
}

function timeoutSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  timer(false)(() => controller.abort(reason), ms).unref();
  return controller.signal;
}

/** `connect(options, listener)`, `connect(port, host, listener)`, `connect(path, listener)`. */
function connect(...args: unknown[]): unknown {
  const [first, second] = args;
  const listener = args.find((arg) => typeof arg === 'function');
  const options =
    typeof first === 'object'
      ? first
      : typeof first === 'string'
        ? { path: first }
        : { port: first, ...(typeof second === 'string' && { host: second }) };
  const socket = here.connect(options as SocketAddress) as { once(name: string, fn: unknown): void };
  if (listener) socket.once('connect', listener);
  return socket;
}

/** Puts other timers in the place of these, as test suites do; returns what puts them away again: those set meanwhile never ring. */
export function replaceTimers(): () => void {
  const { setTimeout } = globalThis;
  const set = new Set<VirtualTimeout>();
  const other = (fn: Callback, ms?: number, ...args: unknown[]) => {
    const timeout = timer(false)(fn, ms, ...args);
    set.add(timeout);
    return timeout;
  };
  globalThis.setTimeout = other as unknown as typeof setTimeout;
  return () => {
    globalThis.setTimeout = setTimeout;
    for (const timeout of set) timeout.close();
  };
}

function refuse(what: string) {
  return () => {
    throw new Error(`${what} does not exist in this world`);
  };
}

/**
 * Puts the world in the place of Node's clocks, chance and network, for all of the process and for ever. What is loaded
 * afterwards cannot tell the difference.
 */
export function install(): void {
  const setTimeout = Object.assign(timer(false), { [promisify.custom]: sleep });
  const timers = {
    setTimeout,
    setInterval,
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
    setImmediate,
    clearImmediate,
  };
  Object.assign(globalThis, timers, { Date: VirtualDate });
  Object.assign(require('node:timers'), timers);
  Object.assign(require('node:timers/promises'), {
    setTimeout: sleep,
    setImmediate: <T>(value?: T) => new Promise((resolve) => setImmediate(() => resolve(value))),
  });
  Object.defineProperty(performance, 'now', { value: () => here.loop.now, configurable: true });
  Math.random = () => here.random.next();
  AbortSignal.timeout = timeoutSignal;
  const nanoseconds = () => BigInt(Math.round(here.loop.now * 1e6));
  process.hrtime = Object.assign(hrtime, { bigint: nanoseconds });
  Object.assign(require('node:net'), { connect, createConnection: connect });
  Object.assign(require('node:tls'), { connect: refuse('tls') });
  Object.assign(require('node:dns'), { lookup: refuse('dns.lookup') });
  syncBuiltinESMExports();
}

function hrtime(since: [number, number] = [0, 0]): [number, number] {
  const ms = here.loop.now - (since[0] * 1e3 + since[1] / 1e6);
  return [Math.floor(ms / 1e3), Math.round((ms % 1e3) * 1e6)];
}
