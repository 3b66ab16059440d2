import { type CommandTable, integer, NOT_AN_INTEGER, SYNTAX } from '../command.js';
import { type Bytes, Failure, NO_LIST, OK, Pairs, Push, type Reply, Simple } from '../resp.js';
import type { Session } from '../session.js';

const WRONG_PASSWORD = new Failure('WRONGPASS invalid username-password pair or user is disabled.');

function authenticate(session: Session, words: readonly Bytes[]): Reply {
  const { password } = session.state;
  if (words.length > 2) return SYNTAX;
  if (words.length === 1 && password === undefined)
    return new Failure(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    );
  const right =
    (words.length === 1 || words[0] === 'default') && (password === undefined || words.at(-1) === password);
  if (!right) return WRONG_PASSWORD;
  session.authenticated = true;
  return OK;
}

/** HELLO [2|3 [AUTH user password] [SETNAME name]] */
function hello(session: Session, [version, ...words]: readonly Bytes[]): Reply {
  if (version !== undefined && version !== '2' && version !== '3')
    return new Failure('NOPROTO unsupported protocol version');
  for (let at = 0; at < words.length; at++) {
    const word = words[at]?.toLowerCase();
    if (word === 'auth' && at + 2 < words.length) {
      const outcome = authenticate(session, [words[++at] as Bytes, words[++at] as Bytes]);
      if (outcome !== OK) return outcome;
    } else if (word === 'setname' && at + 1 < words.length) session.name = words[++at] as Bytes;
    else return SYNTAX;
  }
  if (!session.authenticated)
    return new Failure(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
  if (version) session.protocol = Number(version) as 2 | 3;
  const facts = {
    server: 'redis',
    version: '7.0.15',
    proto: session.protocol,
    id: session.id,
    mode: session.state.cluster ? 'cluster' : 'standalone',
  };
  const role = session.state.mood.replica ? 'replica' : 'master';
  return new Pairs([...Object.entries({ ...facts, role }).flat(), 'modules', []]);
}

export const CONNECTIONS: CommandTable = {
  ping: {
    arity: -1,
    most: 2,
    kind: 'other',
    run(session, [text]) {
      if (session.listensOnly) return new Push(['pong', text ?? '']);
      return text ?? new Simple('PONG');
    },
  },
  echo: { arity: 2, kind: 'other', run: (_session, [text]) => text as Bytes },
  auth: { arity: -2, kind: 'other', whileLoading: true, run: authenticate },
  hello: { arity: -1, kind: 'other', whileLoading: true, run: hello },
  select: {
    arity: 2,
    kind: 'other',
    whileLoading: true,
    run(session, [text]) {
      const db = integer(text);
      if (db === undefined) return NOT_AN_INTEGER;
      if (session.state.cluster && db !== 0) return new Failure('ERR SELECT is not allowed in cluster mode');
      if (db < 0 || db > 15) return new Failure('ERR DB index is out of range');
      session.db = db;
      return OK;
    },
  },
  quit: {
    arity: -1,
    kind: 'other',
    whileLoading: true,
    notQueued: true,
    run(session) {
      session.closeAfterReply = true;
      return OK;
    },
  },
  reset: {
    arity: 1,
    kind: 'other',
    whileLoading: true,
    notQueued: true,
    run(session) {
      session.reset();
      return new Simple('RESET');
    },
  },
  monitor: {
    arity: 1,
    kind: 'other',
    run(session) {
      session.monitoring = true;
      return OK;
    },
  },
  time: {
    arity: 1,
    kind: 'other',
    whileLoading: true,
    run: ({ state }) => [String(Math.floor(state.now() / 1_000)), String((state.now() % 1_000) * 1_000)],
  },
  wait: { arity: 3, kind: 'other', run: () => 0 },
  role: {
    arity: 1,
    kind: 'other',
    whileLoading: true,
    run: ({ state }) => (state.mood.replica ? ['slave', '', 0, 'connected', 0] : ['master', 0, []]),
  },
  info: {
    arity: -1,
    kind: 'other',
    whileLoading: true,
    run({ state }) {
      const { loading, replica } = state.mood;
      return `# Server\r\nredis_version:7.0.15\r\nloading:${loading === 'no' ? 0 : 1}\r\nrole:${replica ? 'slave' : 'master'}\r\n`;
    },
  },
  command: { arity: -1, kind: 'other', whileLoading: true, run: () => NO_LIST },
};
