import { type CommandTable, integer, NOT_AN_INTEGER } from '../command.js';
import { type Bytes, Failure, Members, Pairs, type Reply } from '../resp.js';
import type { Session } from '../session.js';

const fieldsOf = ({ keys }: Session, key: Bytes | undefined) => keys.read(key as Bytes, 'hash')?.fields;

const makeHash = ({ keys }: Session, key: Bytes | undefined) =>
  keys.make(key as Bytes, 'hash', () => ({ type: 'hash', fields: new Map() })).fields;

function setFields(session: Session, [key, ...words]: readonly Bytes[]): Reply {
  if (words.length % 2 === 1) return new Failure("ERR wrong number of arguments for 'hset' command");
  const fields = makeHash(session, key);
  const before = fields.size;
  for (let at = 0; at < words.length; at += 2) fields.set(words[at] as Bytes, words[at + 1] as Bytes);
  return fields.size - before;
}

function increase(session: Session, [key, field, by]: readonly Bytes[]): Reply {
  const amount = integer(by);
  if (amount === undefined) return NOT_AN_INTEGER;
  const current = integer(fieldsOf(session, key)?.get(field as Bytes) ?? '0');
  if (current === undefined) return new Failure('ERR hash value is not an integer');
  makeHash(session, key).set(field as Bytes, String(current + amount));
  return current + amount;
}

export const HASHES: CommandTable = {
  hset: { arity: -4, kind: 'write', keys: [1, 1], run: setFields },
  hsetnx: {
    arity: 4,
    kind: 'write',
    keys: [1, 1],
    run(session, [key, field, value]) {
      if (fieldsOf(session, key)?.has(field as Bytes)) return 0;
      makeHash(session, key).set(field as Bytes, value as Bytes);
      return 1;
    },
  },
  hget: {
    arity: 3,
    kind: 'read',
    keys: [1, 1],
    run: (session, [key, field]) => fieldsOf(session, key)?.get(field as Bytes) ?? null,
  },
  hmget: {
    arity: -3,
    kind: 'read',
    keys: [1, 1],
    run(session, [key, ...names]) {
      const fields = fieldsOf(session, key);
      return names.map((name) => fields?.get(name) ?? null);
    },
  },
  hgetall: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: (session, [key]) => new Pairs([...(fieldsOf(session, key) ?? [])].flat()),
  },
  hkeys: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: (session, [key]) => [...(fieldsOf(session, key)?.keys() ?? [])],
  },
  hvals: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: (session, [key]) => [...(fieldsOf(session, key)?.values() ?? [])],
  },
  hlen: { arity: 2, kind: 'read', keys: [1, 1], run: (session, [key]) => fieldsOf(session, key)?.size ?? 0 },
  hexists: {
    arity: 3,
    kind: 'read',
    keys: [1, 1],
    run: (session, [key, field]) => (fieldsOf(session, key)?.has(field as Bytes) ? 1 : 0),
  },
  hincrby: { arity: 4, kind: 'write', keys: [1, 1], run: increase },
  hdel: {
    arity: -3,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run(session, [key, ...names]) {
      const fields = fieldsOf(session, key);
      const gone = names.filter((name) => fields?.delete(name)).length;
      if (fields && gone > 0) session.keys.deleteIfEmpty(key as Bytes, fields.size);
      return gone;
    },
  },
  sadd: {
    arity: -3,
    kind: 'write',
    keys: [1, 1],
    run({ keys }, [key, ...items]) {
      const { members } = keys.make(key as Bytes, 'set', () => ({ type: 'set', members: new Set() }));
      const before = members.size;
      for (const item of items) members.add(item);
      return members.size - before;
    },
  },
  srem: {
    arity: -3,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run({ keys }, [key, ...items]) {
      const members = keys.read(key as Bytes, 'set')?.members;
      const gone = items.filter((item) => members?.delete(item)).length;
      if (members && gone > 0) keys.deleteIfEmpty(key as Bytes, members.size);
      return gone;
    },
  },
  smembers: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: ({ keys }, [key]) => new Members([...(keys.read(key as Bytes, 'set')?.members ?? [])]),
  },
  sismember: {
    arity: 3,
    kind: 'read',
    keys: [1, 1],
    run: ({ keys }, [key, item]) => (keys.read(key as Bytes, 'set')?.members.has(item as Bytes) ? 1 : 0),
  },
  scard: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: ({ keys }, [key]) => keys.read(key as Bytes, 'set')?.members.size ?? 0,
  },
};
