import { once } from 'node:events';
import type { Socket } from 'node:net';
import { parseRedisAddress } from './redis-address.js';
import { type Reply, RespReader } from './resp-reader.js';

export interface RedisClientRow {
  readonly id: number;
  readonly addr: string;
  readonly name: string;
  readonly flags: string;
  readonly db: number;
  readonly sub: number;
  readonly psub: number;
  readonly ssub: number;
  /** Commands queued in MULTI; -1 outside of one. */
  readonly multi: number;
  readonly cmd: string;
  readonly age: number;
  readonly idle: number;
  readonly user: string;
  readonly resp: number;
  /** Every field as the server wrote it. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A witness that shares no code with what it watches: RESP2 on a plain socket. */
export interface RedisObserver {
  /** Resolves to the reply; an error reply rejects. Calls may overlap. */
  command(...args: readonly (string | number)[]): Promise<Reply>;
  /** CLIENT LIST without the observer itself. */
  clients(): Promise<RedisClientRow[]>;
  info(section: string): Promise<Record<string, string>>;
  /** Resolves once the server has closed its end too; a paused server is not waited for. */
  close(): Promise<void>;
}

const handshakeTimeoutMs = 5_000;
const closeTimeoutMs = 1_000;

/** Connects to what a REDIS_URL may hold; rejects when the server refuses or does not answer. */
export async function observeRedis(url: string): Promise<RedisObserver> {
  const address = parseRedisAddress(url);
  const socket = address.dial();
  socket.setNoDelay(true);
  const command = commandChannel(socket);
  const giveUp = setTimeout(() => {
    socket.destroy(new Error(`Redis did not answer within ${handshakeTimeoutMs} ms`));
  }, handshakeTimeoutMs);
  try {
    if (address.password) await command('AUTH', ...[address.username, address.password].filter(Boolean));
    if (address.db !== 0) await command('SELECT', address.db);
    const self = Number(await command('CLIENT', 'ID'));
    return {
      command,
      clients: async () => parseClientList(await command('CLIENT', 'LIST')).filter((row) => row.id !== self),
      info: async (section) => parseInfo(await command('INFO', section)),
      close: () => endSocket(socket),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(giveUp);
  }
}

interface Waiter {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** Replies come in the order of the commands, so a queue is all the bookkeeping there is. */
function commandChannel(socket: Socket): RedisObserver['command'] {
  const waiters: Waiter[] = [];
  const reader = new RespReader();
  let lost: Error | undefined;
  const fail = (error: Error) => {
    lost ??= error;
    for (const waiter of waiters.splice(0)) waiter.reject(lost);
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection to Redis has ended')));
  socket.on('data', (chunk) => {
    try {
      for (const reply of reader.push(chunk)) settle(waiters.shift(), reply);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  return (...args) => {
    if (lost) return Promise.reject(lost);
    return new Promise((resolve, reject) => {
      waiters.push({ resolve, reject });
      socket.write(encode(args));
    });
  };
}

function settle(waiter: Waiter | undefined, reply: Reply): void {
  if (reply instanceof Error) waiter?.reject(reply);
  else waiter?.resolve(reply);
}

function encode(args: readonly (string | number)[]): string {
  const bulks = args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`);
  return `*${args.length}\r\n${bulks.join('')}`;
}

async function endSocket(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const closed = once(socket, 'close').catch(() => undefined);
  const force = setTimeout(() => socket.destroy(), closeTimeoutMs);
  socket.end();
  await closed;
  clearTimeout(force);
}

function parseClientList(reply: Reply): RedisClientRow[] {
  return String(reply).trim().split('\n').filter(Boolean).map(parseClientRow);
}

function parseClientRow(line: string): RedisClientRow {
  const pairs = line.split(' ').map((pair) => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  const fields: Record<string, string> = Object.fromEntries(pairs);
  const text = (name: string) => fields[name] ?? '';
  const number = (name: string) => Number(fields[name] ?? Number.NaN);
  return {
    id: number('id'),
    addr: text('addr'),
    name: text('name'),
    flags: text('flags'),
    db: number('db'),
    sub: number('sub'),
    psub: number('psub'),
    ssub: number('ssub'),
    // Valkey 8 says 0 after the first one.
    multi: text('flags').includes('x') ? number('multi') : -1,
    cmd: text('cmd'),
    age: number('age'),
    idle: number('idle'),
    user: text('user'),
    resp: number('resp'),
    fields,
  };
}

function parseInfo(reply: Reply): Record<string, string> {
  const lines = String(reply)
    .split('\r\n')
    .filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}
