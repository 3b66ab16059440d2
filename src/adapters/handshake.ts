import { setTimeout } from 'node:timers/promises';
import type { Client } from '../connection/client.js';
import { noop } from '../core/outcome.js';

/** Who a connection is to the server: what ioredis would send in its own handshake. */
export interface Identity {
  readonly username: string | null | undefined;
  readonly password: string | null | undefined;
  readonly db: number;
  readonly name: string;
  /** RESP3 is negotiated together with the credentials, by ioredis. */
  readonly authenticated: boolean;
}

/** How long to wait before asking a server that still loads its data again. */
const LOADING_POLL_MS = 50;

const FULL = /max number of clients/;

/**
 * Takes credentials, database and name out of a new client's options, so that the handshake is ours: ioredis needs
 * more round trips, and is "ready" although its SELECT failed, which then writes to database 0.
 */
export function takeIdentity(client: Client, name: string, authenticated: boolean): Identity {
  const { options } = client;
  const identity: Identity = {
    username: options.username,
    password: options.password,
    db: options.db ?? 0,
    name: options.connectionName ?? name,
    authenticated,
  };
  if (!authenticated) Object.assign(options, { username: null, password: null });
  Object.assign(options, { db: 0, connectionName: null });
  return identity;
}

/** Sends a command of the handshake; what is sent in one turn leaves in one write. */
export type Send = (name: string, ...args: (string | number)[]) => Promise<unknown>;

/** Authenticates, selects, names and probes; rejects with the server's own reason. */
export async function introduce(client: Client, identity: Identity | undefined, send: Send): Promise<void> {
  if (!identity) {
    await probe(send);
    return;
  }
  await Promise.all([...sendIdentity(send, identity), probe(send)]);
  const { username, password, db, name } = identity;
  Object.assign(client.options, { username, password, db, connectionName: name });
}

function sendIdentity(send: Send, identity: Identity): Promise<unknown>[] {
  const { username, password, db, name, authenticated } = identity;
  const replies: Promise<unknown>[] = [];
  if (password && !authenticated) {
    const auth = username ? send('auth', username, password) : send('auth', password);
    replies.push(auth.catch(acceptNeedlessPassword));
  }
  if (db !== 0) replies.push(send('select', db));
  // Only a label for people; a user without the right to set it may still work.
  replies.push(send('client', 'SETNAME', name).catch(acceptNamelessness));
  return replies;
}

/** As ioredis does, though without a line on the console. */
function acceptNeedlessPassword(error: Error): void {
  if (/no password is set|without any password configured/.test(error.message)) return;
  throw error;
}

/** A server that is full says so in reply to the first command, whatever it is. */
function acceptNamelessness(error: Error): void {
  if (FULL.test(error.message)) throw error;
}

/** Resolves when the server executes commands. Its own complaint about PING itself (no permission) is an answer too. */
async function probe(send: Send): Promise<void> {
  for (;;) {
    const error = await send('ping').then(noop, (reason: Error) => reason);
    if (!error) return;
    if (error.name !== 'ReplyError' || /^NOAUTH/.test(error.message) || FULL.test(error.message)) throw error;
    if (!error.message.startsWith('LOADING')) return;
    await setTimeout(LOADING_POLL_MS);
  }
}

export function becomesReady(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('ready', resolve);
    client.once('end', () => reject(new Error('Connection is closed.')));
  });
}
