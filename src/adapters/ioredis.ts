import { Command as IoredisCommand, Redis, type RedisOptions } from 'ioredis';
import { type Client, type Command, missingInternals, type Send } from '../connection/client.js';
import { isReplyError } from '../connection/reply-error.js';
import type { RouteKey } from '../core/call.js';
import { LONGEST_MS } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { snapshot } from '../core/snapshot.js';
import { HARDENED } from './adoption.js';
import { Connector } from './connector.js';

/** Of the ioredis that is installed. */
export const { defaultOptions } = Redis as unknown as { readonly defaultOptions: object };

/** Only ioredis 6 knows RESP3. */
export const knowsProtocols = 'protocol' in defaultOptions;

const CommandClass = IoredisCommand as unknown as {
  new (name: string, args: unknown[], options: object): Command;
  /** What users set with `Command.setArgumentTransformer` and the like, by the name of the command, and what ioredis has of its own. */
  readonly _transformer: Readonly<Record<'argument' | 'reply', Record<string, unknown>>>;
};

/** Runs what is to be transformed by nobody. */
function asItStands<T>(kind: 'argument' | 'reply', name: string, run: () => T): T {
  const transformers = CommandClass._transformer[kind];
  const transformer = transformers[name];
  transformers[name] = undefined;
  try {
    return run();
  } finally {
    transformers[name] = transformer;
  }
}

/** A command of our own, its reply in text. */
export function commandOf(name: string, args: readonly unknown[]): Command {
  const make = () => new CommandClass(name, [...args], { replyEncoding: 'utf8' });
  const command = asItStands('argument', name, make) as WholeCommand;
  const { transformReply } = command;
  command.transformReply = (reply) => asItStands('reply', name, () => transformReply.call(command, reply));
  return command;
}

/** Sends commands of our own. A client of a factory may have other ones inside than ioredis's. */
export function senderOf(client: Client, stream?: unknown): Send {
  const methods = client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const isOurs = (client as unknown) instanceof Redis;
  return (name, ...args) =>
    isOurs ? client.sendCommand(commandOf(name, args), stream) : methods[name]!(...args);
}

/** Which slot of a cluster a key belongs to, as ioredis reckons. */
export function slotOf(key: RouteKey, keyPrefix: string | undefined): number {
  if (typeof key === 'object' && !Buffer.isBuffer(key)) return key.slot;
  const whole = keyPrefix ? prefixed(key, keyPrefix) : key;
  return reckon.call({ getKeys: () => [whole] });
}

/** A whole command, with its promise, would be made for each call. */
const { getSlot: reckon } = CommandClass.prototype as unknown as {
  readonly getSlot: (this: { getKeys(): unknown[] }) => number;
};

function prefixed(key: string | Buffer, prefix: string): string | Buffer {
  return Buffer.isBuffer(key) ? Buffer.concat([Buffer.from(prefix), key]) : prefix + key;
}

/** What of ioredis's own command is not in what we touch elsewhere. */
interface WholeCommand extends Omit<Command, 'promise'> {
  readonly constructor: typeof CommandClass;
  readonly replyEncoding?: unknown;
  readonly errorStack?: unknown;
  readonly callback?: unknown;
  readonly isReadOnly?: boolean;
  promise: Promise<unknown>;
  inTransaction?: boolean;
  transformReply(reply: unknown): unknown;
}

/** Nobody hears of its reply but by its promise, and it is sent as it stands. */
export function isPlain(command: Command): boolean {
  const { constructor: Class, callback } = command as WholeCommand;
  return Class === CommandClass && callback === undefined;
}

/**
 * The same command once more, to be sent while the first one waits for what comes of it.
 *
 * @param again Sends one more where the server does not know a script that ioredis believes to be loaded: each
 * connection has a belief of its own, so that has to be the same one.
 */
export function copyOf(
  command: Command,
  keyPrefix: RedisOptions['keyPrefix'],
  again?: (copy: Command) => Promise<unknown>,
): Command {
  const { constructor: Class, name, args, ...whole } = command as WholeCommand;
  const { replyEncoding, errorStack, isReadOnly: readOnly } = whole;
  const options = { replyEncoding, errorStack, keyPrefix, readOnly };
  // Its arguments have been transformed.
  const copy = asItStands('argument', name, () => new Class(name, [...args], options)) as WholeCommand;
  if (whole.inTransaction) copy.inTransaction = true;
  if (again && Class !== CommandClass) {
    copy.promise = copy.promise.catch((error: unknown) => {
      if (isReplyError(error) && error.message.startsWith('NOSCRIPT'))
        return again(copyOf(command, keyPrefix));
      throw error;
    });
  }
  return copy;
}

/** Resolves it to what its copy came to, which has been transformed already, and so has what a transaction replied. */
export function settle(command: Command, value: unknown): void {
  (command as WholeCommand).transformReply = (transformed) => transformed;
  command.resolve(value);
}

const RedisClass = Redis as unknown as new (options: object) => Client;

/** Options as a client has read them; clients made of them need not read them again. */
export type Template = RedisOptions & { readonly Connector?: unknown };

/** @param shortLived A connection is for one scope. */
export function templateOf(target: RedisOptions, shortLived: boolean): Template {
  const { options: read } = inspected({
    // RESP2 saves a round trip and means the same to every command; who wants RESP3 says `protocol: 3`.
    protocol: 2,
    // Each setting of a socket is a system call; one that lives for a scope needs no probes.
    ...(shortLived && { keepAlive: null }),
    ...target,
    // A dial has a bound of its own.
    connectTimeout: target.connectTimeout ?? 0,
    ...OURS,
  });
  return { ...snapshot(read), Connector: read.Connector ?? Connector } as Template;
}

/** How we dial and close. */
const OURS = {
  ...HARDENED,
  lazyConnect: true,
  disableClientInfo: true,
  disconnectTimeout: LONGEST_MS,
  // PING tells all there is to know.
  enableReadyCheck: false,
};

/** A client that is never connected. */
function inspected(options: object): Client {
  const client = new RedisClass(options);
  const missing = missingInternals(client);
  if (!missing) return client;
  const { version = 'of an unknown version' } = Redis as unknown as { version?: string };
  const problem = `lacks ${missing.join(', ')}, on which leases rely; this package is tested with 5.4 to 6`;
  throw new ConfigurationError(`ioredis ${version}`, problem);
}

/** A client that is never connected, and what it shows as its options: for a handle that holds no connection. */
export function standIn(target: RedisOptions): { readonly client: Client; readonly options: object } {
  const client = inspected({ protocol: 2, ...target, ...OURS });
  const { Connector: _ours, disconnectTimeout: _oursToo, ...options } = client.options as Template;
  return { client, options: { ...snapshot(options) } };
}

export function createClient(template: Template): Client {
  return new RedisClass(template);
}

/** Credentials go with the first command; TLS and family are those for sentinels. */
export function createSentinelClient({ host, port, family, sentinelTLS }: RedisOptions): Client {
  return new RedisClass({
    host,
    port,
    protocol: 2,
    connectTimeout: 0,
    ...(family !== undefined && { family }),
    ...(sentinelTLS && { tls: sentinelTLS }),
    Connector,
    ...OURS,
  });
}
