import type { RedisOptions } from 'ioredis';
import { HARDENED } from '../adapters/adoption.js';
import { defaultOptions } from '../adapters/ioredis.js';
import { ConfigurationError } from '../core/errors.js';
import { snapshot } from '../core/snapshot.js';
import { MASTERS_ALONE, NO_QUEUE, NO_RECONNECT, SENT_ONCE, TOGETHER } from './advice.js';
import { KINDS, type RedisKind } from './redis-option-kinds.js';
import { nearest } from './spelling.js';
import { value as checkValue, kindOf, objectNotUrl } from './validation.js';

/** What a lease cannot honour, and what does instead. */
const ADVICE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    retryStrategy: NO_RECONNECT,
    reconnectOnError: NO_RECONNECT,
    autoResubscribe: NO_RECONNECT,
    maxRetriesPerRequest: SENT_ONCE,
    autoResendUnfulfilledCommands: SENT_ONCE,
    enableOfflineQueue: NO_QUEUE,
    enableAutoPipelining: TOGETHER,
    autoPipeliningIgnoredCommands: TOGETHER,
    lazyConnect: 'nothing connects before the first call anyway; leave it out',
    monitor: 'a lease cannot be a monitor; use a client of your own',
    readOnly: MASTERS_ALONE,
    clientInfoTag: 'it takes a round trip for each connection; use `name`, which CLIENT LIST shows',
  }),
);

/** What ioredis would take no notice of, and what it is called there. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    database: 'db',
    hostname: 'host',
    prefix: 'keyPrefix',
    user: 'username',
    url: 'url, beside redis,',
  }),
);

/**
 * Reads ioredis options: checked, without what is not given, and the caller's own no more.
 *
 * @param hasUrl A URL says where connections go, if these do not.
 */
export function readRedisOptions(option: string, value: unknown, hasUrl: boolean): RedisOptions {
  if (value === undefined || value === null) return {};
  objectNotUrl(option, value);
  // An object of the caller's own class may have them as getters.
  const names = new Set([
    ...Object.keys(value),
    ...[...KINDS.keys()].filter((name) => name in (value as object)),
  ]);
  const isCopy = isWholeCopy(value, Object.keys(defaultOptions));
  const read: Record<string, unknown> = {};
  for (const name of names) {
    const each = (value as Record<string, unknown>)[name];
    if (each === undefined || each === null) continue;
    // Of another client's options count those that it was given, and where it goes.
    const isPlace = !hasUrl && (name === 'host' || name === 'port');
    if (isCopy && (isPolicy(name) || (each === defaultOf(name) && !isPlace))) continue;
    check(`${option}.${name}`, name, each);
    if (!isPolicy(name)) read[name] = snapshot(meaningOf(name, each));
  }
  if ((value as RedisOptions).connectionName === null && !isCopy) read.connectionName = null;
  return read;
}

/** One option as it stands in the query of a URL. */
export function readQueryOption(name: string, text: string): unknown {
  const option = `url: its option ${name}`;
  const kind = kindFor(option, name);
  if (!kind) return undefined;
  const value = kind.fromText?.(text);
  if (value === undefined) throw new ConfigurationError(option, `must be ${kind.wanted}`);
  check(option, name, value);
  return isPolicy(name) ? undefined : meaningOf(name, value);
}

/** Undefined for what ioredis does not know either, and takes as it is. */
function kindFor(option: string, name: string): RedisKind | undefined {
  const kind = KINDS.get(name);
  const meant = kind ? undefined : (ELSEWHERE.get(name) ?? nearest(name, [...KINDS.keys()]));
  if (meant) throw new ConfigurationError(option, `is unknown; ${meant} was probably meant`);
  return kind;
}

function check(option: string, name: string, value: unknown): void {
  const kind = kindFor(option, name);
  if (!kind) return;
  checkValue(option, value, kind, kindOf);
  const advice = ADVICE.get(name);
  const isOurs = typeof value === 'function' && value === (HARDENED as Record<string, unknown>)[name];
  if (advice !== undefined && !isOurs) refuse(option, value, defaultOf(name), advice);
}

/** Throws for what cannot be honoured, unless it asks for nothing. */
export function refuse(option: string, value: unknown, byDefault: unknown, instead: string): void {
  if (value === byDefault || (Array.isArray(value) && value.length === 0)) return;
  throw new ConfigurationError(option, `cannot be honoured: ${instead} (received ${kindOf(value)})`);
}

function meaningOf(name: string, value: unknown): unknown {
  const { means } = KINDS.get(name) ?? {};
  return means ? means(value) : value;
}

function isPolicy(name: string): boolean {
  return ADVICE.has(name);
}

function defaultOf(name: string): unknown {
  return (defaultOptions as Record<string, unknown>)[name];
}

/** The options of a client hold most of what ioredis has a default for, of whatever version; what somebody writes down does not. */
export function isWholeCopy(value: object, names: readonly string[]): boolean {
  return 2 * names.filter((name) => name in value).length > names.length;
}
