import type { RedisOptions } from 'ioredis';
import { HARDENED } from '../adapters/adoption.js';
import { defaultOptions } from '../adapters/ioredis.js';
import { ConfigurationError } from '../core/errors.js';
import { fromText, isOfKind, KINDS, WORDS } from './redis-option-kinds.js';
import { snapshot } from './snapshot.js';
import { nearest } from './spelling.js';
import { kindOf, OBJECT } from './validation.js';

const NO_RECONNECT = 'a lease never outlives its connection; use `retry`, which runs the function again';
const NO_QUEUE =
  'commands of a lease are never held back; a call waits for its connection up to `acquireTimeoutMs`';

/** What a lease cannot honour, and what does instead. */
const ADVICE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    retryStrategy: NO_RECONNECT,
    reconnectOnError: NO_RECONNECT,
    autoResubscribe: 'a lease never outlives its connection; subscribe again in the next attempt (`retry`)',
    maxRetriesPerRequest: 'a command is sent once; use `retry`, which runs the function again',
    autoResendUnfulfilledCommands: 'a command is sent once; use `retry`, which runs the function again',
    enableOfflineQueue: NO_QUEUE,
    lazyConnect: 'nothing connects before the first call anyway; leave it out',
    enableAutoPipelining: "scopes are written together anyway; use isolation: 'shared'",
    autoPipeliningIgnoredCommands: "scopes are written together anyway; use isolation: 'shared'",
    monitor: 'a lease cannot be a monitor; use a client of your own',
    readOnly: 'connections go to the master of a cluster; use a client of your own for its replicas',
    clientInfoTag: 'it takes a round trip for each connection; use `name`, which CLIENT LIST shows',
  }),
);

/**
 * Reads ioredis options: checked, without what is not given, and the caller's own no more.
 *
 * @param hasUrl A URL says where connections go, if these do not.
 */
export function readRedisOptions(option: string, value: unknown, hasUrl: boolean): RedisOptions {
  if (value === undefined || value === null) return {};
  if (kindOf(value) !== OBJECT) {
    const hint = typeof value === 'string' ? '; a URL goes into `url`' : '';
    throw new ConfigurationError(option, `must be an object; received ${kindOf(value)}${hint}`);
  }
  const given = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  const isCopy = isWholeCopy(value);
  const read: Record<string, unknown> = {};
  for (const [name, each] of given) {
    // Of another client's options count those that it was given, and where it goes.
    const isPlace = !hasUrl && (name === 'host' || name === 'port');
    if (isCopy && (isPolicy(name) || (each === defaultOf(name) && !isPlace))) continue;
    check(`${option}.${name}`, name, each);
    if (!isPolicy(name)) read[name] = snapshot(each);
  }
  if ((value as RedisOptions).connectionName === null && !isCopy) read.connectionName = null;
  return normalised(read);
}

/** One option as it stands in the query of a URL. */
export function readQueryOption(name: string, text: string): unknown {
  const kind = KINDS.get(name);
  const option = `url: its option ${name}`;
  if (kind === undefined) {
    const meant = nearest(name, [...KINDS.keys()]);
    if (meant) throw new ConfigurationError(option, `is unknown; ${meant} was probably meant`);
    return undefined;
  }
  const value = fromText(kind, text);
  if (value === undefined) throw new ConfigurationError(option, `must be ${WORDS[kind]}`);
  check(option, name, value);
  return isPolicy(name) ? undefined : value;
}

function check(option: string, name: string, value: unknown): void {
  const kind = KINDS.get(name);
  if (kind === undefined) {
    const meant = nearest(name, [...KINDS.keys()]);
    if (meant) throw new ConfigurationError(option, `is unknown; ${meant} was probably meant`);
    return;
  }
  if (!isOfKind(kind, value)) {
    throw new ConfigurationError(option, `must be ${WORDS[kind]}; received ${kindOf(value)}`);
  }
  const advice = ADVICE.get(name);
  if (advice === undefined || value === defaultOf(name) || isEmptyList(value)) return;
  if (value === (HARDENED as Record<string, unknown>)[name] && typeof value === 'function') return;
  throw new ConfigurationError(option, `cannot be honoured: ${advice}`);
}

/** Numbers may come as text, as ioredis takes them. */
function normalised({ port, db, tls, ...others }: Record<string, unknown>): RedisOptions {
  return {
    ...others,
    ...(port !== undefined && { port: Number(port) }),
    ...(db !== undefined && { db: Number(db) }),
    ...(tls !== undefined && { tls: tls === true ? {} : tls }),
  } as RedisOptions;
}

function isPolicy(name: string): boolean {
  return ADVICE.has(name);
}

function defaultOf(name: string): unknown {
  return (defaultOptions as Record<string, unknown>)[name];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** The options of a client hold all that ioredis has a default for; what somebody writes down does not. */
function isWholeCopy(value: object): boolean {
  return Object.keys(defaultOptions).every((name) => name in value);
}
