import { Command as IoredisCommand, Redis, type RedisOptions } from 'ioredis';
import { Batch } from '../connection/batch.js';
import { type Client, type Command, missingInternals } from '../connection/client.js';
import { Connection } from '../connection/connection.js';
import type { Generation } from '../connection/generation.js';
import { otherOptions } from '../connection/lent-options.js';
import type { RouteKey } from '../core/call.js';
import { type Clock, LONGEST_MS } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { defer, noop } from '../core/outcome.js';
import type { Dial, Driver } from '../pool/opener.js';
import { adopt, closeUnwanted, HARDENED } from './adoption.js';
import { closeClient } from './close-client.js';
import { explain } from './connect-failure.js';
import { DialAttempt } from './dial-attempt.js';
import { becomesReady, type Identity, introduce, takeIdentity } from './handshake.js';
import { PlainConnector } from './plain-connector.js';

export type ConnectFactory = () => unknown;

export interface DriverSettings {
  /** What is dialled; of no account where there is a factory. */
  readonly target: RedisOptions;
  readonly connect: ConnectFactory | undefined;
  readonly name: string;
  readonly clock: Clock;
  /** A connection is for one scope. */
  readonly shortLived: boolean;
  /** Including jitter; `Infinity` where connections are not kept. */
  readonly lifetimeMs: () => number;
  readonly forceMs: number;
  readonly generation: Generation;
}

/** Of the ioredis that is installed. */
export const { defaultOptions } = Redis as unknown as { readonly defaultOptions: object };

/** A full handshake ends with a PING, so the reply to that is the proof that a connection can be lent. */
export function createDriver(settings: DriverSettings): Driver<Connection> {
  return {
    dial: () => dial(settings),
    close: (connection, graceMs) => closeClient(connection.client, graceMs, settings.clock),
  };
}

function dial(settings: DriverSettings): Dial<Connection> {
  const interruption = defer<never>();
  interruption.promise.catch(noop);
  const attempt = new DialAttempt(settings.target);
  return {
    promise: open(settings, attempt, interruption.promise),
    abort: (error) => interruption.reject(error),
    progress: () => attempt.progress,
  };
}

/** Holds a ready connection when it resolves, and nothing at all when it rejects. */
async function open(
  settings: DriverSettings,
  attempt: DialAttempt,
  interruption: Promise<never>,
): Promise<Connection> {
  const { clock, generation } = settings;
  // Where the address leads may change while it is dialled.
  const bornIn = generation.current;
  try {
    const identity = await create(settings, attempt, interruption);
    const client = attempt.client as Client;
    const roundTripMs = await Promise.race([introduceWhenReady(client, identity, clock), interruption]);
    const options = handleOptions(client, settings);
    return new Connection({
      client,
      homeDb: identity?.db ?? client.options.db ?? 0,
      maxLifetimeMs: settings.lifetimeMs(),
      options,
      otherOptions: otherOptions(options),
      clock,
      generation,
      bornIn,
      incoming: attempt.incoming,
      roundTripMs,
    });
  } catch (error) {
    if (attempt.client) await closeClient(attempt.client, settings.forceMs, clock);
    throw explain(error, attempt);
  }
}

/**
 * What a borrower sees as options. Batches are written by the connection itself, so ioredis's auto-pipelining, which would
 * outlive the scope, is off; how we dial and close is none of theirs.
 */
function handleOptions(client: Client, settings: DriverSettings): object {
  if (settings.connect) return { ...client.options, enableAutoPipelining: false };
  const { Connector, disconnectTimeout: _ours, ...options } = templateFor(settings);
  return Connector === null || (Connector as unknown) === PlainConnector
    ? options
    : { ...options, Connector };
}

async function create(
  settings: DriverSettings,
  attempt: DialAttempt,
  interruption: Promise<never>,
): Promise<Identity | undefined> {
  const { connect, forceMs, clock } = settings;
  if (!connect) {
    const client = newClient(settings);
    attempt.follow(client);
    return takeIdentity(client, settings.name, negotiatesProtocol(client));
  }
  const made = Promise.resolve(connect());
  // One that comes too late is closed as soon as it is there.
  interruption.catch(() => made.then((late) => closeUnwanted(late, forceMs, clock), noop));
  attempt.follow(adopt(await Promise.race([made, interruption])));
  return undefined;
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

type Template = RedisOptions & { readonly Connector?: unknown };

/** Options are read once, by a client that is never connected; all others are made like it. */
const templates = new WeakMap<DriverSettings, Template>();

function templateFor(settings: DriverSettings): Template {
  let template = templates.get(settings);
  if (!template) {
    template = templateOf(settings);
    templates.set(settings, template);
  }
  return template;
}

function newClient(settings: DriverSettings): Client {
  return new RedisClass(templateFor(settings));
}

function templateOf({ target, shortLived }: DriverSettings): Template {
  const client = new RedisClass({
    // RESP2 saves a round trip and means the same to every command; who wants RESP3 says `protocol: 3`.
    protocol: 2,
    // Each setting of a socket is a system call; one that lives for a scope needs no probes.
    ...(shortLived && { keepAlive: null }),
    // A dial has a bound of its own. Sentinels are asked in turn, and one that is mute must not have all of it.
    ...(!target.sentinels && { connectTimeout: 0 }),
    ...target,
    ...HARDENED,
    lazyConnect: true,
    disableClientInfo: true,
    disconnectTimeout: LONGEST_MS,
    // PING tells all there is to know.
    enableReadyCheck: false,
  });
  const missing = missingInternals(client);
  if (missing) {
    const { version = 'of an unknown version' } = Redis as unknown as { version?: string };
    const problem = `lacks ${missing.join(', ')}, on which leases rely; this package is tested with 5.4 to 6`;
    throw new ConfigurationError(`ioredis ${version}`, problem);
  }
  const { options: read } = client;
  return {
    ...read,
    Connector: read.Connector ?? (read.tls || read.sentinels ? null : PlainConnector),
  } as Template;
}

/** Only ioredis 6 knows `protocol`. */
function negotiatesProtocol({ options }: Client): boolean {
  return 'protocol' in defaultOptions && (options as { protocol?: number }).protocol === 3;
}

/** Resolves to the time that the handshake took. */
async function introduceWhenReady(
  client: Client,
  identity: Identity | undefined,
  clock: Clock,
): Promise<number> {
  if (client.status === 'wait') await client.connect();
  else if (client.status !== 'ready') await becomesReady(client);
  const startedAt = clock.now();
  const batch = new Batch(client);
  await introduce(client, identity, clock, (name, ...args) =>
    identity ? client.sendCommand(new CommandClass(name, args, TEXT), batch) : client.ping(),
  );
  return clock.now() - startedAt;
}
