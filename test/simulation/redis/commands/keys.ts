import { type CommandTable, integer, NOT_AN_INTEGER, SYNTAX } from '../command.js';
import { matches } from '../pattern.js';
import { type Bytes, Failure, OK, type Reply, Simple } from '../resp.js';
import type { Session } from '../session.js';

function expire(session: Session, [key, amount, ...words]: readonly Bytes[], unitMs: number): Reply {
  if (words.length > 0) return new Failure(`ERR Unsupported option ${words[0]?.replace(/\0.*/, '')}`);
  const count = integer(amount);
  if (count === undefined) return NOT_AN_INTEGER;
  return session.keys.expire(key as Bytes, session.state.now() + count * unitMs) ? 1 : 0;
}

function ttl({ keys, state }: Session, key: Bytes, unitMs: number): number {
  const expiresAt = keys.expiresAt(key);
  if (expiresAt === undefined) return -2;
  if (expiresAt === Number.POSITIVE_INFINITY) return -1;
  return unitMs === 1 ? expiresAt - state.now() : Math.floor((expiresAt - state.now() + 500) / unitMs);
}

function scan({ keys }: Session, [cursor, ...words]: readonly Bytes[]): Reply {
  const from = integer(cursor);
  if (from === undefined) return new Failure('ERR invalid cursor');
  let pattern = '*';
  let count = 10;
  for (let at = 0; at < words.length; at += 2) {
    const word = (words[at] as Bytes).toLowerCase();
    if (word === 'match' && at + 1 < words.length) pattern = words[at + 1] as Bytes;
    else if (word === 'count' && integer(words[at + 1])) count = Number(words[at + 1]);
    else return SYNTAX;
  }
  const all = keys.keys();
  const next = from + count >= all.length ? 0 : from + count;
  return [String(next), all.slice(from, from + count).filter((key) => matches(pattern, key))];
}

/** Of a text that was set and not changed. */
function encodingOf(text: Bytes): Bytes {
  if (integer(text) !== undefined) return 'int';
  return text.length > 44 ? 'raw' : 'embstr';
}

const remove = ({ keys }: Session, names: readonly Bytes[]) => names.filter((key) => keys.delete(key)).length;

export const KEYS: CommandTable = {
  del: { arity: -2, kind: 'write', frees: true, keys: [1, -1], run: remove },
  unlink: { arity: -2, kind: 'write', frees: true, keys: [1, -1], run: remove },
  exists: {
    arity: -2,
    kind: 'read',
    keys: [1, -1],
    run: ({ keys }, names) => names.filter((key) => keys.get(key) !== undefined).length,
  },
  type: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: ({ keys }, [key]) => new Simple(keys.get(key as Bytes)?.type ?? 'none'),
  },
  expire: {
    arity: -3,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run: (session, args) => expire(session, args, 1_000),
  },
  pexpire: {
    arity: -3,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run: (session, args) => expire(session, args, 1),
  },
  ttl: { arity: 2, kind: 'read', keys: [1, 1], run: (session, [key]) => ttl(session, key as Bytes, 1_000) },
  pttl: { arity: 2, kind: 'read', keys: [1, 1], run: (session, [key]) => ttl(session, key as Bytes, 1) },
  object: {
    arity: -2,
    kind: 'read',
    parts: { encoding: 3 },
    keys: [2, 2],
    run({ keys }, [, key]) {
      const value = keys.get(key as Bytes);
      return value?.type === 'string' ? encodingOf(value.text) : null;
    },
  },
  persist: {
    arity: 2,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run({ keys }, [key]) {
      const expiresAt = keys.expiresAt(key as Bytes);
      if (expiresAt === undefined || expiresAt === Number.POSITIVE_INFINITY) return 0;
      keys.expire(key as Bytes, Number.POSITIVE_INFINITY);
      return 1;
    },
  },
  rename: {
    arity: 3,
    kind: 'write',
    keys: [1, 2],
    run({ keys }, [from, to]) {
      const value = keys.get(from as Bytes);
      if (!value) return new Failure('ERR no such key');
      const expiresAt = keys.expiresAt(from as Bytes);
      keys.delete(from as Bytes);
      keys.set(to as Bytes, value, expiresAt);
      return OK;
    },
  },
  keys: {
    arity: 2,
    kind: 'read',
    run: ({ keys }, [pattern]) => keys.keys().filter((key) => matches(pattern as Bytes, key)),
  },
  scan: { arity: -2, kind: 'read', run: scan },
  dbsize: { arity: 1, kind: 'read', run: ({ keys }) => keys.size },
  flushdb: {
    arity: -1,
    kind: 'write',
    frees: true,
    run({ keys }, words) {
      if (words.some((word) => !/^a?sync$/i.test(word)) || words.length > 1) return SYNTAX;
      keys.clear();
      return OK;
    },
  },
  flushall: {
    arity: -1,
    kind: 'write',
    frees: true,
    run({ state }, words) {
      if (words.some((word) => !/^a?sync$/i.test(word)) || words.length > 1) return SYNTAX;
      state.clear();
      return OK;
    },
  },
};
