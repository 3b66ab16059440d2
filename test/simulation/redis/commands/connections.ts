import { type CommandTable, integer, NOT_AN_INTEGER, SYNTAX } from '../command.js';
import { type Bytes, Failure, NO_LIST, OK, Pairs, Push, type Reply, Several, Simple } from '../resp.js';
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
    mode: 'standalone',
  };
  const role = session.state.mood.replica ? 'replica' : 'master';
  return new Pairs([...Object.entries({ ...facts, role }).flat(), 'modules', []]);
}

export function describe(session: Session): Bytes {
  const { id, name, db, queued, protocol, user, channels } = session;
  const blocked = session.block ? 'b' : '';
  const flags =
    `${blocked}${queued ? 'x' : ''}${session.monitoring ? 'O' : ''}${session.subscriptions > 0 ? 'P' : ''}` ||
    'N';
  const counts = `sub=${channels.subscribe.size} psub=${channels.psubscribe.size} ssub=${channels.ssubscribe.size}`;
  return `id=${id} name=${name} flags=${flags} db=${db} ${counts} multi=${queued?.length ?? -1} user=${user} resp=${protocol}`;
}

function unblock({ state }: Session, [id, how = 'timeout']: readonly Bytes[]): Reply {
  const other = state.sessions.get(integer(id) ?? 0);
  if (!other?.block) return 0;
  const error = new Failure('UNBLOCKED client unblocked via CLIENT UNBLOCK');
  const reply = how.toLowerCase() === 'error' ? error : other.block.nothing;
  // Whoever runs commands sees that it may go on.
  other.block = {
    ...other.block,
    serve: () => reply,
    keys: [],
    until: Number.NEGATIVE_INFINITY,
    nothing: reply,
  };
  return 1;
}

function kill(session: Session, words: readonly Bytes[]): Reply {
  const [what, value] = words;
  if (what?.toLowerCase() !== 'id' && what?.toLowerCase() !== 'type') return SYNTAX;
  let killed = 0;
  for (const other of session.state.sessions.values()) {
    if (what.toLowerCase() === 'id' ? String(other.id) !== value : other === session) continue;
    other.closeAfterReply = true;
    killed += 1;
  }
  return killed;
}

const CLIENT_PARTS = {
  id: 2,
  getname: 2,
  setname: 3,
  setinfo: 4,
  info: 2,
  list: -2,
  kill: -3,
  unblock: -3,
  reply: 3,
  tracking: -3,
  'no-evict': 3,
};

const FLAG: Readonly<Record<string, boolean>> = { on: true, off: false };

function client(session: Session, [sub, ...words]: readonly Bytes[]): Reply {
  const first = words[0]?.toLowerCase() ?? '';
  switch (sub?.toLowerCase()) {
    case 'id':
      return session.id;
    case 'getname':
      return session.name || null;
    case 'setname':
      if (/[^!-~]/.test(words[0] as Bytes))
        return new Failure('ERR Client names cannot contain spaces, newlines or special characters.');
      session.name = words[0] as Bytes;
      return OK;
    case 'setinfo':
      return OK;
    case 'info':
      return `${describe(session)}\n`;
    case 'list':
      return [...session.state.sessions.values()].map((each) => `${describe(each)}\n`).join('');
    case 'kill':
      return kill(session, words);
    case 'unblock':
      return unblock(session, words);
    case 'reply':
      if (!['on', 'off', 'skip'].includes(first)) return SYNTAX;
      session.silenced = true;
      session.replies = first === 'skip' ? 'skip next' : (first as 'on' | 'off');
      return first === 'on' ? OK : new Several([]);
    case 'tracking':
      if (FLAG[first] === undefined) return SYNTAX;
      session.tracking = first === 'on';
      return OK;
    case 'no-evict':
      if (FLAG[first] === undefined) return SYNTAX;
      session.noEvict = first === 'on';
      return OK;
    default:
      throw new Error(`CLIENT ${sub} has an arity and no meaning`);
  }
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
  client: { arity: -2, kind: 'other', whileLoading: true, parts: CLIENT_PARTS, run: client },
  select: {
    arity: 2,
    kind: 'other',
    whileLoading: true,
    run(session, [text]) {
      const db = integer(text);
      if (db === undefined) return NOT_AN_INTEGER;
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
  readonly: {
    arity: 1,
    kind: 'other',
    whileLoading: true,
    run: () => new Failure('ERR This instance has cluster support disabled'),
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
