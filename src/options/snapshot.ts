import { isPlain } from '../core/plain.js';

/** A copy that nothing the caller does later can change; what is no plain object or list is taken as it is. */
export function snapshot<T>(value: T): T {
  if (Array.isArray(value)) return value.map(snapshot) as T;
  if (Buffer.isBuffer(value)) return Buffer.from(value) as T;
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, snapshot(each)])) as T;
}
