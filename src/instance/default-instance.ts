import type { Settings } from '../options/settings.js';
import { Instance } from './instance.js';

/** Told apart by the REDIS_URL they began with. The number is that of the shape that copies of this package share. */
const REGISTRY: unique symbol = Symbol.for('with-redis.default-instances.2') as never;

interface Registry {
  [REGISTRY]?: Map<string | undefined, Instance>;
}

/**
 * The default instance is one for the process, however often this module is loaded (hot reload, ESM beside CJS, two
 * copies in one tree): each copy with its own would multiply `maxConnections`. It is chosen by the first call, and again
 * after another copy has closed it.
 */
export class DefaultInstance {
  readonly #settings: Settings;
  #chosen: Instance | undefined;
  #closedHere = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get current(): Instance {
    if (!this.#chosen || (this.#chosen.retired && !this.#closedHere)) this.#chosen = this.#choose();
    return this.#chosen;
  }

  /** For whoever closes it: what was closed here stays so. */
  get last(): Instance {
    const { current } = this;
    this.#closedHere = true;
    return current;
  }

  #choose(): Instance {
    const registry = globalThis as Registry;
    registry[REGISTRY] ??= new Map();
    const instances = registry[REGISTRY];
    const url = process.env.REDIS_URL;
    const known = instances.get(url);
    if (known && !known.retired) return known;
    const made = new Instance(this.#settings);
    instances.set(url, made);
    return made;
  }
}
