import { type CommandTable, integer, NOT_AN_INTEGER, SYNTAX } from '../command.js';
import { type Bytes, Failure, NO_LIST, OK, type Reply, Several } from '../resp.js';
import type { Session } from '../session.js';

type Side = 'left' | 'right';

function push({ keys }: Session, [key, ...items]: readonly Bytes[], side: Side): number {
  const list = keys.make(key as Bytes, 'list', () => ({ type: 'list', items: [] })).items;
  for (const item of items) side === 'left' ? list.unshift(item) : list.push(item);
  return list.length;
}

function take({ keys }: Session, key: Bytes, side: Side): Bytes | undefined {
  const list = keys.read(key, 'list')?.items;
  if (!list) return undefined;
  const item = side === 'left' ? list.shift() : list.pop();
  keys.deleteIfEmpty(key, list.length);
  return item;
}

function pop(session: Session, [key, amount]: readonly Bytes[], side: Side): Reply {
  if (amount === undefined) return take(session, key as Bytes, side) ?? null;
  const count = integer(amount);
  if (count === undefined || count < 0) return new Failure('ERR value is out of range, must be positive');
  const list = session.keys.read(key as Bytes, 'list')?.items;
  if (!list) return NO_LIST;
  const taken = Math.min(count, list.length);
  return Array.from({ length: taken }, () => take(session, key as Bytes, side) as Bytes);
}

function move(session: Session, from: Bytes, to: Bytes, out: Side, into: Side): Reply | undefined {
  if (!session.keys.read(from, 'list')) return undefined;
  session.keys.read(to, 'list');
  const item = take(session, from, out) as Bytes;
  push(session, [to, item], into);
  return item;
}

const sideOf = (word: Bytes | undefined): Side | undefined =>
  word?.toLowerCase() === 'left' ? 'left' : word?.toLowerCase() === 'right' ? 'right' : undefined;

/** Seconds; 0 is for ever. */
function patience({ state }: Session, timeout: Bytes | undefined): number | Failure {
  const seconds = Number(timeout);
  if (timeout === undefined || timeout.trim() === '' || !Number.isFinite(seconds))
    return new Failure('ERR timeout is not a float or out of range');
  if (seconds < 0) return new Failure('ERR timeout is negative');
  return seconds === 0 ? Number.POSITIVE_INFINITY : state.now() + seconds * 1_000;
}

/** Serves now or waits; inside of a transaction nobody waits. */
function serveOrBlock(
  session: Session,
  timeout: Bytes | undefined,
  keys: readonly Bytes[],
  nothing: Reply,
  serve: () => Reply | undefined,
): Reply {
  const until = patience(session, timeout);
  if (until instanceof Failure) return until;
  const reply = serve();
  if (reply !== undefined) return reply;
  if (session.executing) return nothing;
  session.block = { db: session.db, keys, nothing, until, serve };
  return new Several([]);
}

function blockingPop(session: Session, args: readonly Bytes[], side: Side): Reply {
  const keys = args.slice(0, -1);
  return serveOrBlock(session, args.at(-1), keys, NO_LIST, () => {
    for (const key of keys) {
      const item = take(session, key, side);
      if (item !== undefined) return [key, item];
    }
    return undefined;
  });
}

function blockingMove(session: Session, [from, to, out, into, timeout]: readonly Bytes[]): Reply {
  const [taken, given] = [sideOf(out), sideOf(into)];
  if (!taken || !given) return SYNTAX;
  return serveOrBlock(session, timeout, [from as Bytes], null, () =>
    move(session, from as Bytes, to as Bytes, taken, given),
  );
}

/** Where a range begins and ends in a list, by Redis's way of counting. */
function bounds(length: number, from: number, to: number): [start: number, end: number] {
  return [from < 0 ? Math.max(0, length + from) : from, to < 0 ? length + to : to];
}

function remove({ keys }: Session, [key, amount, item]: readonly Bytes[]): Reply {
  const count = integer(amount);
  if (count === undefined) return NOT_AN_INTEGER;
  const list = keys.read(key as Bytes, 'list')?.items;
  if (!list) return 0;
  const found = list.flatMap((each, at) => (each === item ? [at] : []));
  if (found.length === 0) return 0;
  const chosen = new Set(count > 0 ? found.slice(0, count) : count < 0 ? found.slice(count) : found);
  const rest = list.filter((_, at) => !chosen.has(at));
  list.splice(0, list.length, ...rest);
  keys.deleteIfEmpty(key as Bytes, list.length);
  return chosen.size;
}

export const LISTS: CommandTable = {
  lpush: { arity: -3, kind: 'write', keys: [1, 1], run: (session, args) => push(session, args, 'left') },
  rpush: { arity: -3, kind: 'write', keys: [1, 1], run: (session, args) => push(session, args, 'right') },
  lpop: {
    arity: -2,
    most: 3,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run: (session, args) => pop(session, args, 'left'),
  },
  rpop: {
    arity: -2,
    most: 3,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run: (session, args) => pop(session, args, 'right'),
  },
  llen: {
    arity: 2,
    kind: 'read',
    keys: [1, 1],
    run: ({ keys }, [key]) => keys.read(key as Bytes, 'list')?.items.length ?? 0,
  },
  lrange: {
    arity: 4,
    kind: 'read',
    keys: [1, 1],
    run({ keys }, [key, from, to]) {
      const [first, last] = [integer(from), integer(to)];
      if (first === undefined || last === undefined) return NOT_AN_INTEGER;
      const list = keys.read(key as Bytes, 'list')?.items ?? [];
      const [start, end] = bounds(list.length, first, last);
      return list.slice(start, Math.max(start, end + 1));
    },
  },
  lrem: { arity: 4, kind: 'write', frees: true, keys: [1, 1], run: remove },
  lmove: {
    arity: 5,
    kind: 'write',
    keys: [1, 2],
    run(session, [from, to, out, into]) {
      const [taken, given] = [sideOf(out), sideOf(into)];
      if (!taken || !given) return SYNTAX;
      return move(session, from as Bytes, to as Bytes, taken, given) ?? null;
    },
  },
  blpop: {
    arity: -3,
    kind: 'write',
    frees: true,
    keys: [1, -2],
    run: (session, args) => blockingPop(session, args, 'left'),
  },
  brpop: {
    arity: -3,
    kind: 'write',
    frees: true,
    keys: [1, -2],
    run: (session, args) => blockingPop(session, args, 'right'),
  },
  blmove: { arity: 6, kind: 'write', keys: [1, 2], run: blockingMove },
  ltrim: {
    arity: 4,
    kind: 'write',
    frees: true,
    keys: [1, 1],
    run({ keys }, [key, from, to]) {
      const [first, last] = [integer(from), integer(to)];
      if (first === undefined || last === undefined) return NOT_AN_INTEGER;
      const list = keys.read(key as Bytes, 'list')?.items;
      if (!list) return OK;
      const [start, end] = bounds(list.length, first, last);
      list.splice(0, list.length, ...list.slice(start, Math.max(start, end + 1)));
      keys.deleteIfEmpty(key as Bytes, list.length);
      return OK;
    },
  },
};
