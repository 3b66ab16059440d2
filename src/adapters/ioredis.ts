import { Command as IoredisCommand, Redis, type RedisOptions } from 'ioredis';
import { addressOf } from '../connection/address.js';
import { Batch } from '../connection/batch.js';
import type { Client, Command } from '../connection/client.js';
import { Connection } from '../connection/connection.js';
import type { Generation } from '../connection/generation.js';
import type { RouteKey } from '../core/call.js';
import { LONGEST_MS } from '../core/clock.js';
import { ConfigurationError, ConnectError } from '../core/errors.js';
import { defer, noop } from '../core/outcome.js';
import type { Dial, Driver } from '../pool/opener.js';
import { adopt, closeUnwanted, HARDENED } from './adoption.js';
import { closeClient } from './close-client.js';
import { isPermanent, withoutSecrets } from './connect-failure.js';
import { becomesReady, type Identity, introduce, takeIdentity } from './handshake.js';
import { PlainConnector } from './plain-connector.js';

export type ConnectFactory = () => unknown;

export interface DriverSettings {
  readonly url: string | undefined;
  readonly redis: RedisOptions;
  readonly connect: ConnectFactory | undefined;
  readonly name: string;
  /** A connection is for one scope. */
  readonly shortLived: boolean;
  /** Including jitter; `Infinity` where connections are not kept. */
  readonly lifetimeMs: () => number;
  readonly forceMs: number;
  /** Where sentinels say who is the master. */
  readonly generation: Generation | undefined;
}

/** A full handshake ends with a PING, so the reply to that is the proof that a connection can be lent. */
export function createDriver(settings: DriverSettings): Driver<Connection> {
  return {
    dial: () => dial(settings),
    close: (connection, graceMs) => closeClient(connection.client, graceMs),
  };
}

function dial(settings: DriverSettings): Dial<Connection> {
  const interruption = defer<never>();
  interruption.promise.catch(noop);
  return {
    promise: open(settings, interruption.promise),
    abort: (error) => interruption.reject(error),
  };
}

/** Holds a ready connection when it resolves, and nothing at all when it rejects. */
async function open(settings: DriverSettings, interruption: Promise<never>): Promise<Connection> {
  const attempt: Attempt = {
    client: undefined,
    failure: undefined,
  };
  try {
    const identity = await create(settings, attempt, interruption);
    const client = attempt.client as Client;
    await Promise.race([introduceWhenReady(client, identity), interruption]);
    const homeDb = identity?.db ?? client.options.db ?? 0;
    return new Connection(
      client,
      homeDb,
      settings.lifetimeMs(),
      handleOptions(client, settings),
      settings.generation,
    );
  } catch (error) {
    if (attempt.client) await closeClient(attempt.client, settings.forceMs);
    throw explain(error, attempt, settings);
  }
}

/**
 * What a borrower sees as options; the same object for all clients that we make alike. Batches are written by the
 * connection itself, so ioredis's auto-pipelining, which would outlive the scope, is off.
 */
function handleOptions(client: Client, settings: DriverSettings): object {
  if (settings.connect) return { ...client.options, enableAutoPipelining: false };
  let options = optionsSeen.get(settings);
  if (!options) {
    options = { ...client.options };
    optionsSeen.set(settings, options);
  }
  return options;
}

const optionsSeen = new WeakMap<DriverSettings, object>();

interface Attempt {
  client: Client | undefined;
  /** The first `error` event: ioredis rejects with "Connection is closed." whatever happened (#460). */
  failure: Error | undefined;
}

async function create(
  settings: DriverSettings,
  attempt: Attempt,
  interruption: Promise<never>,
): Promise<Identity | undefined> {
  const { connect } = settings;
  if (!connect) {
    const client = newClient(settings);
    listen(client, attempt);
    return takeIdentity(client, settings.name, negotiatesProtocol(client));
  }
  const made = Promise.resolve(connect());
  // One that comes too late is closed as soon as it is there.
  interruption.catch(() => made.then((late) => closeUnwanted(late, settings.forceMs), noop));
  listen(adopt(await Promise.race([made, interruption])), attempt);
  return undefined;
}

function listen(client: Client, attempt: Attempt): void {
  attempt.client = client;
  client.on('error', (error: Error) => {
    attempt.failure ??= error;
  });
}

const CommandClass = IoredisCommand as unknown as new (
  name: string,
  args: unknown[],
  options: object,
) => Command;
const TEXT = { replyEncoding: 'utf8' };

/** Which slot of a cluster a key belongs to, as ioredis reckons. */
export function slotOf(key: RouteKey, keyPrefix: string | undefined): number {
  if (typeof key === 'object' && !Buffer.isBuffer(key)) return key.slot;
  return new CommandClass('get', [key], { keyPrefix }).getSlot?.() as number;
}

const RedisClass = Redis as unknown as new (...args: unknown[]) => Client;

/** URL and options are read once, by a client that is never connected; all others are made like it. */
const templates = new WeakMap<DriverSettings, object>();

function newClient(settings: DriverSettings): Client {
  let template = templates.get(settings);
  if (!template) {
    template = templateOf(settings);
    templates.set(settings, template);
  }
  return new RedisClass(template);
}

function templateOf({ url, redis, shortLived }: DriverSettings): object {
  const options = {
    // RESP2 saves a round trip and means the same to every command; who wants RESP3 says `protocol: 3`.
    protocol: 2,
    // Each setting of a socket is a system call; one that lives for a scope needs no probes.
    ...(shortLived && { keepAlive: null }),
    // A dial has a bound of its own. Sentinels are asked in turn, and one that is mute must not have all of it.
    ...(!redis.sentinels && { connectTimeout: 0 }),
    ...redis,
    ...HARDENED,
    lazyConnect: true,
    disableClientInfo: true,
    disconnectTimeout: LONGEST_MS,
    // Of a server found by a sentinel INFO must tell that it is a master; elsewhere PING tells all there is to know.
    enableReadyCheck: redis.sentinels !== undefined,
  };
  const { options: read } = url === undefined ? new RedisClass(options) : new RedisClass(url, options);
  return { ...read, Connector: read.Connector ?? (read.tls || read.sentinels ? null : PlainConnector) };
}

/** Only ioredis 6 knows `protocol`. */
function negotiatesProtocol({ options }: Client): boolean {
  const { defaultOptions } = Redis as unknown as { defaultOptions: object };
  return 'protocol' in defaultOptions && (options as { protocol?: number }).protocol === 3;
}

async function introduceWhenReady(client: Client, identity: Identity | undefined): Promise<void> {
  if (client.status === 'wait') await client.connect();
  else if (client.status !== 'ready') await becomesReady(client);
  if (!identity) {
    await introduce(client, undefined, () => client.ping());
    return;
  }
  const batch = new Batch(client);
  await introduce(client, identity, (name, ...args) =>
    client.sendCommand(new CommandClass(name, args, TEXT), batch),
  );
}

function explain(error: unknown, { client, failure }: Attempt, settings: DriverSettings): unknown {
  const isOurs = error instanceof ConfigurationError || (error as Error)?.name?.startsWith('Dial');
  if (isOurs) return error;
  const closed = error instanceof Error && error.message === 'Connection is closed.';
  const cause = withoutSecrets(closed && failure ? failure : error);
  return new ConnectError(addressOf(settings, client), isPermanent(cause), { cause });
}
