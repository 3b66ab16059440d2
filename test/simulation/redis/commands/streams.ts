import { type CommandTable, integer, NOT_AN_INTEGER, SYNTAX } from '../command.js';
import type { StreamEntry, ValueOf } from '../keyspace.js';
import { type Bytes, Failure, NO_LIST, Pairs, type Reply, Several } from '../resp.js';
import type { Session } from '../session.js';

type Id = StreamEntry['id'];

const INVALID = new Failure('ERR Invalid stream ID specified as stream command argument');

const isAfter = (one: Id, other: Id) => one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);

const nameOf = ([ms, serial]: Id) => `${ms}-${serial}`;

function idOf(text: Bytes, serialWhereNone: number): Id | undefined {
  if (text === '-') return [0, 0];
  if (text === '+') return [Number.POSITIVE_INFINITY, 0];
  const [ms, serial = String(serialWhereNone)] = text.split('-');
  return integer(ms) === undefined || integer(serial) === undefined
    ? undefined
    : [Number(ms), Number(serial)];
}

const show = ({ id, fields }: StreamEntry): Reply => [nameOf(id), fields];

function add(session: Session, [key, name, ...fields]: readonly Bytes[]): Reply {
  const given = name === '*' ? undefined : idOf(name as Bytes, 0);
  if (name !== '*' && !given) return INVALID;
  if (fields.length === 0 || fields.length % 2 === 1)
    return new Failure("ERR wrong number of arguments for 'xadd' command");
  if (given && nameOf(given) === '0-0')
    return new Failure('ERR The ID specified in XADD must be greater than 0-0');
  const last = session.keys.read(key as Bytes, 'stream')?.last ?? [0, 0];
  const now = session.state.now();
  const next: Id = now > last[0] ? [now, 0] : [last[0], last[1] + 1];
  const id = given ?? next;
  if (!isAfter(id, last))
    return new Failure('ERR The ID specified in XADD is equal or smaller than the target stream top item');
  const stream = session.keys.make(
    key as Bytes,
    'stream',
    (): ValueOf<'stream'> => ({ type: 'stream', entries: [], last: [0, 0] }),
  );
  stream.entries.push({ id, fields });
  stream.last = id;
  return nameOf(id);
}

function range({ keys }: Session, [key, from, to, ...words]: readonly Bytes[]): Reply {
  const start = idOf(from as Bytes, 0);
  const end = idOf(to as Bytes, Number.MAX_SAFE_INTEGER);
  if (!start || !end) return INVALID;
  let count = Number.POSITIVE_INFINITY;
  if (words.length > 0) {
    if (words.length !== 2 || words[0]?.toLowerCase() !== 'count') return SYNTAX;
    const limit = integer(words[1]);
    if (limit === undefined) return NOT_AN_INTEGER;
    count = limit;
  }
  const entries = keys.read(key as Bytes, 'stream')?.entries ?? [];
  return entries
    .filter(({ id }) => !isAfter(start, id) && !isAfter(id, end))
    .slice(0, Math.max(0, count))
    .map(show);
}

/** XREAD [COUNT n] [BLOCK ms] STREAMS key… id… */
function read(session: Session, words: readonly Bytes[]): Reply {
  let count = Number.POSITIVE_INFINITY;
  let blockMs: number | undefined;
  let at = 0;
  for (; words[at]?.toLowerCase() !== 'streams'; at += 2) {
    const word = words[at]?.toLowerCase();
    const amount = integer(words[at + 1]);
    if (word !== 'count' && word !== 'block') return SYNTAX;
    if (amount === undefined) return NOT_AN_INTEGER;
    if (word === 'count') count = amount;
    else blockMs = amount;
  }
  const rest = words.slice(at + 1);
  if (rest.length === 0) return SYNTAX;
  if (rest.length % 2 === 1)
    return new Failure(
      "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
    );
  const names = rest.slice(0, rest.length / 2);
  const since = rest.slice(names.length).map((text, index): Id | undefined => {
    if (text !== '$') return idOf(text, 0);
    return session.keys.read(names[index] as Bytes, 'stream')?.last ?? [0, 0];
  });
  if (since.includes(undefined)) return INVALID;
  const serve = (): Reply | undefined => {
    const found = names.flatMap((key, index): Reply[] => {
      const entries = session.keys.read(key, 'stream')?.entries ?? [];
      const fresh = entries.filter(({ id }) => isAfter(id, since[index] as Id)).slice(0, count);
      return fresh.length > 0 ? [[key, fresh.map(show)]] : [];
    });
    if (found.length === 0) return undefined;
    return session.protocol === 3 ? new Pairs(found.flat() as Reply[]) : found;
  };
  const reply = serve();
  if (reply !== undefined || blockMs === undefined || session.executing) return reply ?? NO_LIST;
  const until = blockMs === 0 ? Number.POSITIVE_INFINITY : session.state.now() + blockMs;
  session.block = { db: session.db, keys: names, nothing: NO_LIST, until, serve };
  return new Several([]);
}

export const STREAMS: CommandTable = {
  xadd: { arity: -5, kind: 'write', keys: [1, 1], run: add },
  xlen: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: ({ keys }, [key]) => keys.read(key as Bytes, 'stream')?.entries.length ?? 0,
  },
  xrange: { arity: -4, kind: 'read', keys: [1, 1], run: range },
  xread: {
    arity: -4,
    kind: 'read',
    run: read,
    keys(words) {
      const rest = words.slice(words.findIndex((word) => word.toLowerCase() === 'streams') + 1);
      return rest.length === words.length || rest.length % 2 === 1 ? [] : rest.slice(0, rest.length / 2);
    },
  },
};
