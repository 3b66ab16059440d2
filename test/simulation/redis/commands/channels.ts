import type { CommandTable } from '../command.js';
import { type Bytes, Failure, Push, type Reply, Several } from '../resp.js';
import type { Session } from '../session.js';

type Kind = keyof Session['channels'];

const count = (session: Session, kind: Kind) =>
  kind === 'ssubscribe' ? session.channels.ssubscribe.size : session.subscriptions;

function subscribe(session: Session, kind: Kind, names: readonly Bytes[]): Reply {
  if (session.executing && kind === 'ssubscribe') {
    // ioredis takes QUEUED for the answer to it, and waits for one more reply from then on.
    session.silenced = true;
    return new Failure("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  }
  return new Several(
    names.map((name) => {
      session.channels[kind].add(name);
      return new Push([kind, name, count(session, kind)]);
    }),
  );
}

function unsubscribe(session: Session, kind: Kind, names: readonly Bytes[]): Reply {
  const verb = kind.replace('subscribe', 'unsubscribe');
  const leaving = names.length > 0 ? names : [...session.channels[kind]];
  if (leaving.length === 0) return new Push([verb, null, count(session, kind)]);
  return new Several(
    leaving.map((name) => {
      session.channels[kind].delete(name);
      return new Push([verb, name, count(session, kind)]);
    }),
  );
}

/** Only those of shards are about a slot. */
const keys = (kind: Kind) => (kind === 'ssubscribe' ? { keys: [1, -1] as const } : {});

const entering = (kind: Kind) =>
  ({
    ...keys(kind),
    arity: -2,
    kind: 'other',
    whileLoading: true,
    run: (session, names) => subscribe(session, kind, names),
  }) as CommandTable[string];

const leaving = (kind: Kind) =>
  ({
    ...keys(kind),
    arity: -1,
    kind: 'other',
    whileLoading: true,
    run: (session, names) => unsubscribe(session, kind, names),
  }) as CommandTable[string];

export const CHANNELS: CommandTable = {
  subscribe: entering('subscribe'),
  psubscribe: entering('psubscribe'),
  ssubscribe: entering('ssubscribe'),
  unsubscribe: leaving('subscribe'),
  punsubscribe: leaving('psubscribe'),
  sunsubscribe: leaving('ssubscribe'),
  publish: {
    arity: 3,
    kind: 'other',
    whileLoading: true,
    run: ({ state }, [channel, text]) => state.publish('subscribe', channel as Bytes, text as Bytes),
  },
  spublish: {
    arity: 3,
    keys: [1, 1],
    kind: 'other',
    whileLoading: true,
    run: ({ state }, [channel, text]) => state.publish('ssubscribe', channel as Bytes, text as Bytes),
  },
};
