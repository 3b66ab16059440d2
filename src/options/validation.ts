import { ANYWHERE } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { kindOf as kindOfAny } from '../core/kind-of.js';
import { isPlain } from '../core/plain.js';
import { knownElsewhere, nearest } from './spelling.js';

/** What a value has to be, and how that is said where it is not. */
export interface Kind {
  readonly wanted: string;
  readonly is: (value: unknown) => boolean;
}

/** One for each option of an object. */
export type Kinds<D> = Readonly<Record<keyof D, Kind>>;

const OBJECT_WORDS = 'an object';

export const OBJECT: Kind = { wanted: OBJECT_WORDS, is: (value) => kindOf(value) === OBJECT_WORDS };
export const FUNCTION: Kind = { wanted: 'a function', is: (value) => typeof value === 'function' };
export const FLAG: Kind = { wanted: 'true or false', is: (value) => typeof value === 'boolean' };
export const SIGNAL: Kind = { wanted: 'an AbortSignal', is: (value) => value instanceof AbortSignal };

export const DURATION: Kind = {
  wanted: 'a positive number of milliseconds, or Infinity for no limit',
  is: (value) => typeof value === 'number' && value > 0,
};

export const LABEL: Kind = {
  wanted: 'a string, and no URL, for it is shown with every error; a URL goes into createWithRedis({ url })',
  is: (value) => typeof value === 'string' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(value),
};

/** CLIENT SETNAME takes printable ASCII without spaces. */
export const CONNECTION_NAME: Kind = {
  wanted: 'printable ASCII without spaces, and no URL',
  is: (value) => typeof value === 'string' && /^[!-~]+$/.test(value) && !value.includes('://'),
};

/** A key itself. */
export function isKey(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || Buffer.isBuffer(value);
}

export const ROUTE_KEY: Kind = {
  wanted: 'a key, or { slot } with a number from 0 to 16383',
  is: (value) =>
    value === ANYWHERE ||
    isKey(value) ||
    (kindOf(value) === OBJECT_WORDS && isSlot((value as { slot?: unknown }).slot)),
};

function isSlot(slot: unknown): boolean {
  return Number.isInteger(slot) && Number(slot) >= 0 && Number(slot) < 16_384;
}

/** @param most Where that is `Infinity`, it may be given too. */
export function count(least: number, most = Number.MAX_SAFE_INTEGER): Kind {
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  const isWhole = (value: unknown) => Number.isSafeInteger(value) || value === UNLIMITED;
  return {
    wanted: `a whole number ${range}`,
    is: (value) => isWhole(value) && Number(value) >= least && Number(value) <= most,
  };
}

export function oneOf(...choices: readonly string[]): Kind {
  return {
    wanted: choices.map((choice) => `'${choice}'`).join(' or '),
    is: (value) => choices.includes(value as string),
  };
}

/** Throws where a value is not what it has to be. @param told What is told of the value. */
export function value(option: string, given: unknown, { wanted, is }: Kind, told = described): void {
  if (is(given)) return;
  throw new ConfigurationError(option, `must be ${wanted}; received ${told(given)}`);
}

/** What is given of each option, or what `defaults` say. Those `elsewhere` are known too, and others read them. */
export function options<D extends object, N extends keyof D>(
  prefix: string,
  given: object,
  kinds: Readonly<Record<N, Kind>>,
  defaults: D,
  elsewhere: readonly string[] = [],
): D {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(kinds, name) || elsewhere.includes(name)) continue;
    refuseUnknown(prefix, given, name, [...Object.keys(kinds), ...elsewhere]);
  }
  const read: Record<string, unknown> = { ...(defaults as object) };
  // For each call with options: nothing is made but what is read.
  for (const name in kinds) {
    const each = (given as Record<string, unknown>)[name];
    if (each === undefined) continue;
    value(prefix + name, each, kinds[name]);
    read[name] = each;
  }
  return read as D;
}

/** A misspelt option would otherwise be ignored. */
export function knownKeys(prefix: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) refuseUnknown(prefix, given, name, names);
  }
}

/** Its value is not printed: it could be a secret. */
function refuseUnknown(prefix: string, given: object, name: string, names: readonly string[]): never {
  const kind = kindOf((given as Record<string, unknown>)[name]);
  // Of a cluster its nodes are named, and nothing else says where it is.
  const meant = (!prefix.startsWith('cluster.') && knownElsewhere(name)) || nearest(name, names);
  const hint = meant ? `${meant} was probably meant` : `known are ${names.join(', ')}`;
  throw new ConfigurationError(prefix + name, `is unknown (received ${kind}); ${hint}`);
}

export function object(option: string, given: unknown): void {
  value(option, given, OBJECT);
}

/** A URL is often handed over in place of options. */
export function objectNotUrl(option: string, given: unknown): void {
  const hint = typeof given === 'string' ? '; a URL goes into { url }' : '';
  value(option, given, OBJECT, (each) => kindOf(each) + hint);
}

/** The value is not printed: it may hold a password. */
export function absent(option: string, given: unknown, where: string): void {
  if (given === undefined || given === null) return;
  throw new ConfigurationError(option, `cannot be used ${where} (received ${kindOf(given)})`);
}

/**
 * The same, of options: a client is often handed over as it is, and a promise where an `await` is missing. Of what is no
 * object of options (a Map, a Date, a URL) none could be read, and all would be as if nothing had been given.
 */
export function kindOf(value: unknown): string {
  const kind = kindOfAny(value);
  if (kind !== OBJECT_WORDS) return kind;
  const { sendCommand, then } = value as { sendCommand?: unknown; then?: unknown };
  if (typeof sendCommand === 'function') return 'a client; a function that makes one goes into { connect }';
  if (isPlain(value)) return kind;
  if (typeof then === 'function') return 'a promise; is an await missing?';
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' || Object.keys(value as object).length > 0 ? kind : `${kind} (${tag})`;
}

/** What came, short and on one line. A URL in the wrong place would show its password, so of such only the kind is told. */
export function described(value: unknown): string {
  if (typeof value === 'string')
    return /^[ -?A-~]{0,24}$/.test(value) && !value.includes('://') ? JSON.stringify(value) : 'a string';
  return ['number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : kindOf(value);
}
