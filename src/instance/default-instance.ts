import type { Instance } from './instance.js';

/** Told apart by the REDIS_URL they began with. The number is that of the shape that copies of this package share. */
const REGISTRY: unique symbol = Symbol.for('with-redis.default-instances.1') as never;

interface Registry {
  [REGISTRY]?: Map<string | undefined, Instance>;
}

/**
 * The default instance is one for the process, however often this module is loaded (hot reload, ESM beside CJS, two
 * copies in one tree): each copy with its own would multiply `maxConnections`. One that was closed is replaced.
 */
export function defaultInstance(make: () => Instance): Instance {
  const registry = globalThis as Registry;
  registry[REGISTRY] ??= new Map();
  const instances = registry[REGISTRY];
  const url = process.env.REDIS_URL;
  const known = instances.get(url);
  if (known && !known.closed) return known;
  const made = make();
  instances.set(url, made);
  return made;
}
