import type { Bytes } from './resp.js';

export interface StreamEntry {
  readonly id: readonly [ms: number, serial: number];
  readonly fields: readonly Bytes[];
}

export type Value =
  | { readonly type: 'string'; text: Bytes }
  | { readonly type: 'list'; readonly items: Bytes[] }
  | { readonly type: 'hash'; readonly fields: Map<Bytes, Bytes> }
  | { readonly type: 'set'; readonly members: Set<Bytes> }
  | { readonly type: 'zset'; readonly scores: Map<Bytes, number> }
  | { readonly type: 'stream'; readonly entries: StreamEntry[]; last: readonly [ms: number, serial: number] };

export type TypeName = Value['type'];

export type ValueOf<T extends TypeName> = Extract<Value, { type: T }>;

/** A key holds something else than the command is for. */
export class WrongType extends Error {
  override readonly message = 'WRONGTYPE Operation against a key holding the wrong kind of value';
}

interface Entry {
  readonly value: Value;
  /** By the server's clock, in ms. */
  expiresAt: number;
}

/** One database. */
export class Keyspace {
  readonly #entries = new Map<Bytes, Entry>();
  readonly #now: () => number;
  readonly #changed: (key: Bytes) => void;

  constructor(now: () => number, changed: (key: Bytes) => void) {
    this.#now = now;
    this.#changed = changed;
  }

  get size(): number {
    return this.keys().length;
  }

  keys(): Bytes[] {
    return [...this.#entries.keys()].filter((key) => this.#alive(key) !== undefined);
  }

  get(key: Bytes): Value | undefined {
    return this.#alive(key)?.value;
  }

  /** @throws {WrongType} */
  read<T extends TypeName>(key: Bytes, type: T): ValueOf<T> | undefined {
    const value = this.get(key);
    if (value && value.type !== type) throw new WrongType();
    return value as ValueOf<T> | undefined;
  }

  /** The value to be changed, made where there is none. */
  make<T extends TypeName>(key: Bytes, type: T, empty: () => ValueOf<T>): ValueOf<T> {
    const value = this.read(key, type) ?? empty();
    if (this.get(key) !== value) this.#entries.set(key, { value, expiresAt: Number.POSITIVE_INFINITY });
    this.touch(key);
    return value;
  }

  set(key: Bytes, value: Value, expiresAt = Number.POSITIVE_INFINITY): void {
    this.#entries.set(key, { value, expiresAt });
    this.touch(key);
  }

  delete(key: Bytes): boolean {
    const was = this.#alive(key) !== undefined;
    this.#entries.delete(key);
    if (was) this.touch(key);
    return was;
  }

  /** A key whose last element was taken does not exist. */
  deleteIfEmpty(key: Bytes, count: number): void {
    this.touch(key);
    if (count === 0) this.#entries.delete(key);
  }

  expiresAt(key: Bytes): number | undefined {
    return this.#alive(key)?.expiresAt;
  }

  expire(key: Bytes, at: number): boolean {
    const entry = this.#alive(key);
    if (!entry) return false;
    if (at <= this.#now()) return this.delete(key);
    entry.expiresAt = at;
    this.touch(key);
    return true;
  }

  /** Takes from another one what it holds of these keys, or all, and leaves it there where it is a copy. */
  take(other: Keyspace, keys = other.keys(), isCopy = false): void {
    for (const key of keys) {
      const entry = other.#alive(key);
      if (!entry) continue;
      this.#entries.set(key, isCopy ? structuredClone(entry) : entry);
      this.touch(key);
      if (!isCopy) other.delete(key);
    }
  }

  touch(key: Bytes): void {
    this.#changed(key);
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  #alive(key: Bytes): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.expiresAt > this.#now()) return entry;
    this.#entries.delete(key);
    this.#changed(key);
    return undefined;
  }
}
