import { ConfigurationError } from '../index.js';
import { described } from '../options/validation.js';

/** Throws unless the value is what the option needs. */
export function ensure(option: string, isValid: boolean, requirement: string, value: unknown): void {
  if (!isValid) throw new ConfigurationError(option, `must be ${requirement}; received ${described(value)}`);
}

/** A misspelt name would otherwise be ignored. */
export function ensureKnownNames(path: string, value: object, names: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    throw new ConfigurationError(path + name, `is unknown; known are ${names.join(', ')}`);
  }
}

export function ensureKey(key: unknown): void {
  ensure('key', typeof key === 'string' && key !== '', 'a string that is not empty', key);
}

export function ensureInstance(withRedis: unknown): void {
  const isInstance = withRedis === undefined || typeof withRedis === 'function';
  ensure('withRedis', isInstance, 'an instance made by createWithRedis', withRedis);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
