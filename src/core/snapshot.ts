import { isPlain } from './plain.js';

/**
 * A read-only copy that nothing the caller does later can change; what is no plain object or list is taken as it is.
 *
 * @param copies What has been copied, for what leads back to itself.
 */
export function snapshot<T>(value: T, copies = new Map<unknown, unknown>()): T {
  if (Buffer.isBuffer(value)) return Buffer.from(value) as T;
  if (!Array.isArray(value) && !isPlain(value)) return value;
  const known = copies.get(value);
  if (known) return known as T;
  const copy: object = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const [key, each] of Object.entries(value)) {
    Object.defineProperty(copy, key, { value: snapshot(each, copies), enumerable: true });
  }
  return Object.freeze(copy) as T;
}
