import { ConfigurationError } from '../core/errors.js';
import { knownElsewhere, nearest } from './spelling.js';

export const OBJECT = 'an object';

/** One check per kind of option: returns the value or its default, or throws with the option's name and what came. */

export function object<T extends object>(option: string, value: T, wanted = OBJECT): T {
  if (kindOf(value) === OBJECT) return value;
  throw new ConfigurationError(option, `must be ${wanted}; received ${described(value)}`);
}

export function optionalObject<T extends object>(option: string, value: T | undefined): T | undefined {
  return value === undefined ? undefined : object(option, value);
}

/** A misspelt option would otherwise be ignored. Its value is not printed: it could be a secret. */
export function knownKeys(prefix: string, value: object, names: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (names.includes(key)) continue;
    const kind = kindOf((value as Record<string, unknown>)[key]);
    const meant = (prefix === '' && knownElsewhere(key)) || nearest(key, names);
    const hint = meant ? `${meant} was probably meant` : `known are ${names.join(', ')}`;
    throw new ConfigurationError(prefix + key, `is unknown (received ${kind}); ${hint}`);
  }
}

export function duration(option: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value > 0) return value;
  throw new ConfigurationError(
    option,
    `must be a positive number of milliseconds, or Infinity for no limit; received ${described(value)}`,
  );
}

export function count(
  option: string,
  value: number | undefined,
  fallback: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new ConfigurationError(option, `must be a whole number ${range}; received ${described(value)}`);
}

/** A count that may be `Infinity`. */
export function limit(option: string, value: number | undefined, fallback: number, least = 0): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  return count(option, value, fallback, least);
}

export function atLeast(option: string, value: number | undefined, fallback: number, least: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= least && Number.isFinite(value)) return value;
  throw new ConfigurationError(option, `must be a number of at least ${least}; received ${described(value)}`);
}

/** The first choice is the default. */
export function oneOf<const C extends string>(
  option: string,
  value: string | undefined,
  choices: readonly [C, ...C[]],
): C {
  if (value === undefined) return choices[0];
  if (choices.includes(value as C)) return value as C;
  throw new ConfigurationError(
    option,
    `must be ${choices.map((choice) => `'${choice}'`).join(' or ')}; received ${described(value)}`,
  );
}

export function flag(option: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new ConfigurationError(option, `must be true or false; received ${described(value)}`);
}

export function fn<F>(option: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw new ConfigurationError(option, `must be a function; received ${described(value)}`);
}

export function label(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return value;
  if (typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
    const problem =
      'is a URL, and a label is shown with every error; the URL of a server goes to createWithRedis({ url })';
    throw new ConfigurationError(option, problem);
  }
  if (typeof value === 'string') return value;
  throw new ConfigurationError(option, `must be a string; received ${described(value)}`);
}

export function signal(option: string, value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw new ConfigurationError(option, `must be an AbortSignal; received ${described(value)}`);
}

/** CLIENT SETNAME takes printable ASCII without spaces. */
export function connectionName(option: string, value: string): string {
  if (typeof value === 'string' && /^[!-~]+$/.test(value) && !value.includes('://')) return value;
  throw new ConfigurationError(
    option,
    `must be printable ASCII without spaces, and no URL; received ${described(value)}`,
  );
}

/** The value is not printed: it may hold a password. */
export function absent(option: string, value: unknown, where: string): void {
  if (value === undefined || value === null) return;
  throw new ConfigurationError(option, `cannot be used ${where} (received a ${typeof value})`);
}

/** As ioredis takes them: ports, addresses, URLs, and objects. */
export function nodes(option: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(option, `must be a list of at least one node; received ${described(value)}`);
  }
  const wrong = value.findIndex((node) => !isNode(node));
  if (wrong < 0) return;
  const problem = `must be a port, host:port, a redis:// or rediss:// URL, or { host, port }; received a ${typeof value[wrong]}`;
  throw new ConfigurationError(`${option}[${wrong}]`, problem);
}

function isNode(node: unknown): boolean {
  if (typeof node === 'string') return URL.canParse(nodeUrl(node)) && /^rediss?:/.test(nodeUrl(node));
  if (typeof node === 'object') return node !== null;
  return Number.isInteger(node);
}

/** What a node is told by, as a URL. */
export function nodeUrl(node: string): string {
  if (/^\d+$/.test(node)) return `redis://127.0.0.1:${node}`;
  return node.includes('://') ? node : `redis://${node}`;
}

export function routeKey<K>(option: string, value: K | undefined): K | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '') || Buffer.isBuffer(value))
    return value;
  const { slot } = Object(value) as { slot?: unknown };
  if (typeof value === 'object' && Number.isInteger(slot) && Number(slot) >= 0 && Number(slot) < 16_384)
    return value;
  throw new ConfigurationError(
    option,
    `must be a key, or { slot } with a number from 0 to 16383; received ${described(value)}`,
  );
}

/** What kind of thing came, and nothing of it: for what may hold a secret. A client is often handed over as it is. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof (value as { sendCommand?: unknown }).sendCommand === 'function')
    return 'a client; a function that makes one goes into { connect }';
  return typeof value === 'object' ? OBJECT : `a ${typeof value}`;
}

/** What came, short and on one line. A URL in the wrong place would show its password, so of such only the kind is told. */
export function described(value: unknown): string {
  if (typeof value === 'string')
    return /^[ -?A-~]{0,24}$/.test(value) && !value.includes('://') ? JSON.stringify(value) : 'a string';
  return ['number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : kindOf(value);
}
