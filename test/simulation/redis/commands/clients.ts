import { type CommandTable, integer, SYNTAX } from '../command.js';
import { type Bytes, Failure, OK, type Reply, Several } from '../resp.js';
import type { Session } from '../session.js';

function describe(session: Session): Bytes {
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
  other.give(reply);
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

export const CLIENTS: CommandTable = {
  client: { arity: -2, kind: 'other', whileLoading: true, parts: CLIENT_PARTS, run: client },
};
