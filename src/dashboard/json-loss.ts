import { ConfigurationError } from '../index.js';
import { described } from '../options/validation.js';

/**
 * For `JSON.stringify`: refuses what it would drop silently, or turn into null. A date that is none has done so itself by
 * now.
 */
export function refuseLoss(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const what = lossOf(this[name], value);
  if (what === undefined) return value;
  throw new ConfigurationError('data', `must be JSON; received ${what} under ${JSON.stringify(name)}`);
}

/** @param value What `toJSON` has made of what was given. */
function lossOf(given: unknown, value: unknown): string | undefined {
  if (value === null) return given === null ? undefined : `${described(given)} that is null in JSON`;
  if (typeof value === 'object') {
    return isMoreThanFields(value) ? `${described(value)} that JSON does not keep whole` : undefined;
  }
  const isLossy = typeof value === 'number' ? !Number.isFinite(value) : LOSSY_TYPES.includes(typeof value);
  return isLossy ? described(value) : undefined;
}

const LOSSY_TYPES = ['undefined', 'function', 'symbol', 'bigint'];

/** JSON has words for them. */
const BOXED = [Number, String, Boolean];

/** A Map, an Error, or what a class tells by getters: JSON would write a part of it, or nothing. */
function isMoreThanFields(value: object): boolean {
  if (Array.isArray(value) || BOXED.some((boxed) => value instanceof boxed)) return false;
  const isDropped = (symbol: symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol);
  if (Object.getOwnPropertySymbols(value).some(isDropped)) return true;
  const classes = classesOf(value);
  if (classes.length === 0) return false;
  return Object.keys(value).length === 0 || value instanceof Error || classes.some(hasGetters);
}

/** The prototypes between an object and the one that every object has, whose realm may be another. */
function classesOf(value: object): readonly object[] {
  const prototype: object | null = Object.getPrototypeOf(value);
  const isLast = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isLast ? [] : [prototype, ...classesOf(prototype)];
}

function hasGetters(prototype: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(prototype)).some(({ get }) => get !== undefined);
}
