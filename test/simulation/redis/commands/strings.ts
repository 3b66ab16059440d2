import { type CommandTable, integer, NOT_AN_INTEGER, SYNTAX } from '../command.js';
import { type Bytes, Failure, OK, type Reply } from '../resp.js';
import type { Session } from '../session.js';

const text = ({ keys }: Session, key: Bytes) => keys.read(key, 'string')?.text;

/** Changes the text and leaves the time of expiry as it is. */
function rewrite({ keys }: Session, key: Bytes, value: Bytes): void {
  keys.make(key, 'string', () => ({ type: 'string', text: '' })).text = value;
}

function add(session: Session, key: Bytes, amount: number | undefined): Reply {
  if (amount === undefined) return NOT_AN_INTEGER;
  const current = integer(text(session, key) ?? '0');
  if (current === undefined) return NOT_AN_INTEGER;
  rewrite(session, key, String(current + amount));
  return current + amount;
}

interface SetOptions {
  nx?: true;
  xx?: true;
  get?: true;
  keepttl?: true;
  expiresAt?: number;
}

function readOptions({ state }: Session, words: readonly Bytes[]): SetOptions | Failure {
  const options: SetOptions = {};
  let expiry: readonly [unit: string, amount: Bytes] | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] as Bytes).toLowerCase();
    if (word === 'nx' || word === 'xx' || word === 'get' || word === 'keepttl') options[word] = true;
    else if (['ex', 'px', 'exat', 'pxat'].includes(word) && at + 1 < words.length && !expiry)
      expiry = [word, words[++at] as Bytes];
    else return SYNTAX;
  }
  if ((options.nx && options.xx) || (options.keepttl && expiry)) return SYNTAX;
  if (!expiry) return options;
  const [unit, text] = expiry;
  const amount = integer(text);
  if (amount === undefined) return NOT_AN_INTEGER;
  if (amount <= 0) return new Failure("ERR invalid expire time in 'set' command");
  options.expiresAt = amount * (unit.startsWith('e') ? 1_000 : 1) + (unit.endsWith('at') ? 0 : state.now());
  return options;
}

function set(session: Session, [key, value, ...words]: readonly Bytes[]): Reply {
  const options = readOptions(session, words);
  if (options instanceof Failure) return options;
  const { keys } = session;
  const exists = keys.get(key as Bytes) !== undefined;
  const before = options.get ? (text(session, key as Bytes) ?? null) : null;
  const refused = (options.nx && exists) || (options.xx && !exists);
  if (refused) return before;
  const expiresAt = options.keepttl ? keys.expiresAt(key as Bytes) : options.expiresAt;
  keys.set(key as Bytes, { type: 'string', text: value as Bytes }, expiresAt);
  return options.get ? before : OK;
}

function range(value: Bytes, from: number, to: number): Bytes {
  if (from < 0 && to < 0 && from > to) return '';
  const start = Math.max(0, from < 0 ? value.length + from : from);
  const end = Math.max(0, to < 0 ? value.length + to : to);
  return value.slice(start, end + 1);
}

export const STRINGS: CommandTable = {
  get: { arity: 2, kind: 'read', keys: [1, 1], run: (session, [key]) => text(session, key as Bytes) ?? null },
  set: { arity: -3, kind: 'write', keys: [1, 1], run: set },
  setnx: {
    arity: 3,
    kind: 'write',
    keys: [1, 1],
    run: (session, [key, value]) => (set(session, [key as Bytes, value as Bytes, 'nx']) === OK ? 1 : 0),
  },
  getset: {
    arity: 3,
    kind: 'write',
    keys: [1, 1],
    run: (session, [key, value]) => set(session, [key as Bytes, value as Bytes, 'get']),
  },
  getdel: {
    arity: 2,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run(session, [key]) {
      const value = text(session, key as Bytes) ?? null;
      session.keys.delete(key as Bytes);
      return value;
    },
  },
  append: {
    arity: 3,
    kind: 'write',
    keys: [1, 1],
    run(session, [key, more]) {
      const value = (text(session, key as Bytes) ?? '') + more;
      rewrite(session, key as Bytes, value);
      return value.length;
    },
  },
  strlen: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: (session, [key]) => text(session, key as Bytes)?.length ?? 0,
  },
  getrange: {
    arity: 4,
    kind: 'read',
    keys: [1, 1],
    run(session, [key, from, to]) {
      const [start, end] = [integer(from), integer(to)];
      if (start === undefined || end === undefined) return NOT_AN_INTEGER;
      return range(text(session, key as Bytes) ?? '', start, end);
    },
  },
  incr: { arity: 2, kind: 'write', keys: [1, 1], run: (session, [key]) => add(session, key as Bytes, 1) },
  decr: { arity: 2, kind: 'write', keys: [1, 1], run: (session, [key]) => add(session, key as Bytes, -1) },
  incrby: {
    arity: 3,
    kind: 'write',
    keys: [1, 1],
    run: (session, [key, by]) => add(session, key as Bytes, integer(by)),
  },
  decrby: {
    arity: 3,
    kind: 'write',
    keys: [1, 1],
    run: (session, [key, by]) =>
      add(session, key as Bytes, integer(by) === undefined ? undefined : -Number(by)),
  },
  mget: {
    arity: -2,
    kind: 'read',
    keys: [1, -1],
    run({ keys }, names) {
      return names.map((key) => {
        const value = keys.get(key);
        return value?.type === 'string' ? value.text : null;
      });
    },
  },
  mset: {
    arity: -3,
    kind: 'write',
    keys: [1, -1, 2],
    run({ keys }, words) {
      if (words.length % 2 === 1) return new Failure("ERR wrong number of arguments for 'mset' command");
      for (let at = 0; at < words.length; at += 2)
        keys.set(words[at] as Bytes, { type: 'string', text: words[at + 1] as Bytes });
      return OK;
    },
  },
};
