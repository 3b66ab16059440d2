import type { RedisOptions } from 'ioredis';
import type { Client, Send } from '../connection/client.js';
import { isReplyError } from '../connection/reply-error.js';
import type { Clock } from '../core/clock.js';
import { noop } from '../core/outcome.js';
import { databaseOf } from './adoption.js';

export type { Send };

/** Who a connection is to the server: what ioredis would send in its own handshake. */
export interface Identity {
  readonly username: string | null | undefined;
  readonly password: string | null | undefined;
  readonly db: number;
  /** `null` for servers that know no CLIENT. */
  readonly name: string | null;
  /** RESP3 is negotiated together with the credentials, by ioredis. */
  readonly authenticated: boolean;
  /** What a server named by a sentinel must be; what the sentinel knows may be old. */
  readonly role: 'master' | 'slave' | undefined;
}

/** What the settings say of it. */
interface Who {
  readonly name: string;
  readonly target: RedisOptions;
}

/** How long to wait before asking a server that still loads its data again. */
const LOADING_POLL_MS = 50;

export function isLoading(error: unknown): boolean {
  return isReplyError(error) && error.message.startsWith('LOADING');
}

const FULL = /max number of clients/;

/**
 * Takes credentials, database and name out of a new client's options, so that the handshake is ours: ioredis needs
 * more round trips, and is "ready" although its SELECT failed, which then writes to database 0.
 */
export function takeIdentity(client: Client, { name, target }: Who, authenticated: boolean): Identity {
  const { options } = client;
  const identity: Identity = {
    username: options.username,
    password: options.password,
    db: options.db ?? 0,
    // ioredis's own default is null too.
    name: target.connectionName === undefined ? name : target.connectionName,
    authenticated,
    role: target.sentinels ? (target.role ?? 'master') : undefined,
  };
  if (!authenticated) Object.assign(options, { username: null, password: null });
  Object.assign(options, { db: 0, connectionName: null });
  return identity;
}

/** One more question of the handshake; rejects where the answer is that this is not who was meant. */
export type Greeting = (send: Send) => Promise<void>;

/** Authenticates, selects, names and probes, anew while the server loads, which is told; rejects with its own reason. */
export async function introduce(
  client: Client,
  identity: Identity | undefined,
  clock: Clock,
  send: Send,
  told: { delay: Error | undefined },
  greet?: Greeting,
): Promise<void> {
  for (;;) {
    const steps = identity ? sendIdentity(send, identity) : sendDatabase(send, databaseOf(client));
    const failure = await firstFailure([...steps, ...(greet ? [greet(send)] : []), probe(send)]);
    if (!failure) break;
    if (!isLoading(failure)) throw failure;
    told.delay = failure;
    await pauseWhileOpen(client, clock, LOADING_POLL_MS);
  }
  if (!identity) return;
  const { username, password, db, name } = identity;
  Object.assign(client.options, { username, password, db, connectionName: name });
}

function pauseWhileOpen(client: Client, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      client.off('end', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    client.once('end', done);
  });
}

/** All are awaited, so that none is sent again while an earlier one is under way. */
async function firstFailure(replies: readonly Promise<unknown>[]): Promise<Error | undefined> {
  const outcomes = await Promise.all(replies.map((reply) => reply.then(noop, (reason: Error) => reason)));
  return outcomes.find((outcome) => outcome !== undefined) as Error | undefined;
}

function sendIdentity(send: Send, identity: Identity): Promise<unknown>[] {
  const { username, password, db, name, authenticated, role } = identity;
  const replies: Promise<unknown>[] = [];
  if (password && !authenticated) replies.push(authenticate(send, username, password));
  replies.push(...sendDatabase(send, db));
  if (role) replies.push(send('role').then((reply) => expectRole(role, reply), acceptNamelessness));
  if (name !== null) replies.push(send('client', 'SETNAME', name).catch(acceptNamelessness));
  return replies;
}

/** Also where a factory's client has sent it: that one is "ready" although it was refused. */
function sendDatabase(send: Send, db: number): Promise<unknown>[] {
  return db === 0 ? [] : [send('select', db)];
}

/** A needless password is accepted, as ioredis does, though without a line on the console. */
export async function authenticate(
  send: Send,
  username: Identity['username'],
  password: string,
): Promise<void> {
  try {
    await send('auth', ...(username ? [username] : []), password);
  } catch (error) {
    if (!/no password is set|without any password configured/.test((error as Error).message)) throw error;
  }
}

function expectRole(role: string, reply: unknown): void {
  const [actual] = reply as string[];
  if (actual !== role)
    throw new Error(`the sentinels name a server that is no ${role}: its role is ${actual}`);
}

/** Only a label for people: a user without the right to set it, or a proxy that knows no CLIENT, may still work. */
function acceptNamelessness(error: Error): void {
  if (isReplyError(error) && /^(NOPERM|ERR)\b/.test(error.message) && !FULL.test(error.message)) return;
  throw error;
}

/** Resolves when the server executes commands. Its own complaint about PING itself (no permission) is an answer too. */
async function probe(send: Send): Promise<void> {
  // A factory may have left a MULTI open.
  const error = await send('ping').then(
    (reply) => reply === 'QUEUED' && new Error('a MULTI is open'),
    (reason: Error) => reason,
  );
  if (!error) return;
  const isAnswer = isReplyError(error) && /^(NOPERM|ERR|MASTERDOWN|MISCONF|BUSY)\b/.test(error.message);
  if (!isAnswer || FULL.test(error.message)) throw error;
}

export function becomesReady(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('ready', resolve);
    client.once('end', () => reject(new Error('Connection is closed.')));
  });
}
