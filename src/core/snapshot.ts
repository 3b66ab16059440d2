import { isPlain } from './plain.js';

/** A read-only copy that nothing the caller does later can change; what is no plain object or list is taken as it is. */
export function snapshot<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(snapshot)) as T;
  if (Buffer.isBuffer(value)) return Buffer.from(value) as T;
  if (!isPlain(value)) return value;
  const copied = Object.entries(value).map(([key, each]) => [key, snapshot(each)]);
  return Object.freeze(Object.fromEntries(copied)) as T;
}
