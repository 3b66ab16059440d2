import { refusalOfNode } from './cluster.js';
import { type CommandRule, type CommandTable, keysOf } from './command.js';
import { CHANNELS } from './commands/channels.js';
import { CLIENTS } from './commands/clients.js';
import { CONNECTIONS } from './commands/connections.js';
import { HASHES } from './commands/hashes.js';
import { KEYS } from './commands/keys.js';
import { LISTS } from './commands/lists.js';
import { NODES } from './commands/nodes.js';
import { scripts } from './commands/scripts.js';
import { SENTINELS } from './commands/sentinels.js';
import { STREAMS } from './commands/streams.js';
import { STRINGS } from './commands/strings.js';
import { transactions } from './commands/transactions.js';
import { WrongType } from './keyspace.js';
import { type Bytes, Failure, QUEUED, type Reply } from './resp.js';
import type { Session } from './session.js';

const LISTENING = ['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe'];
const WHILE_LISTENING = new Set([...LISTENING, 'ping', 'quit', 'reset']);

const OF_SHARDS = ['ssubscribe', 'sunsubscribe', 'spublish'];

const TABLE: CommandTable = {
  ...STRINGS,
  ...KEYS,
  ...LISTS,
  ...HASHES,
  ...STREAMS,
  ...CLIENTS,
  ...CONNECTIONS,
  ...CHANNELS,
  ...SENTINELS,
  ...NODES,
  ...transactions(run),
  ...scripts(run),
};

/** The reply to one command, as a server gives it: what it refuses, what it queues, what it does. */
export function execute(session: Session, command: readonly Bytes[]): Reply {
  const name = (command[0] as Bytes).toLowerCase();
  const reply = answer(session, command, name);
  if (name === 'watch' && reply instanceof Failure) session.watchRefused = true;
  if (session.asking && name !== 'asking' && !session.queued) session.asking = false;
  return reply;
}

function answer(session: Session, command: readonly Bytes[], name: string): Reply {
  const rule = TABLE[name];
  const unfit = unfitness(session, command, name, rule);
  if (unfit || !rule) return refuse(session, name, unfit as Failure);
  const elsewhere = session.state.cluster && redirection(session, command, name, rule);
  if (elsewhere) return name === 'exec' ? discard(session, elsewhere) : refuse(session, name, elsewhere);
  const refusal = moody(session, name, rule) ?? deaf(session, command, name, rule);
  if (refusal) return refuse(session, name, refusal);
  if (session.queued && !rule.notQueued) {
    // Nothing is kept of what will not be executed.
    if (!session.spoilt && !session.disturbed) session.queued.push([...command]);
    // Clients count one reply for each channel, and get this one.
    if (LISTENING.includes(name)) session.silenced = true;
    return QUEUED;
  }
  return run(session, command);
}

/** A command that cannot be queued spoils its transaction; EXEC itself ends it. */
function refuse(session: Session, name: string, refusal: Failure): Failure {
  if (name !== 'exec') {
    if (session.queued) session.spoilt = true;
    return refusal;
  }
  const words = refusal.message.replace(/^ERR /, '');
  return discard(session, new Failure(`EXECABORT Transaction discarded because of: ${words}`));
}

function discard(session: Session, refusal: Failure): Failure {
  session.queued = undefined;
  session.spoilt = false;
  session.unwatch();
  return refusal;
}

/** Where else in the cluster a command belongs, or a transaction with all that it has queued. */
function redirection(
  session: Session,
  command: readonly Bytes[],
  name: string,
  rule: CommandRule,
): Failure | undefined {
  const { state, queued, asking, readOnly } = session;
  if (name === 'exec' && !queued) return undefined;
  const commands = name === 'exec' ? (queued as Bytes[][]) : [command];
  const rules = name === 'exec' ? commands.map(ruleOf) : [rule];
  const keys = rules.flatMap((each, at) => keysOf(each, commands[at] as Bytes[]));
  const ofChannels = OF_SHARDS.includes(name);
  const mayBeOld = ofChannels || (readOnly && rules.every(({ kind }) => kind !== 'write'));
  const { cluster } = state;
  return cluster && refusalOfNode(cluster, { keys, ofChannels, asking, mayBeOld }, session.keys);
}

const ruleOf = (command: readonly Bytes[]) => TABLE[(command[0] as Bytes).toLowerCase()] as CommandRule;

function unfitness(
  session: Session,
  command: readonly Bytes[],
  word: string,
  rule: CommandRule | undefined,
): Failure | undefined {
  if (!rule) return unknown(command);
  const { parts } = rule;
  const part = command[1]?.toLowerCase() ?? '';
  if (parts && command.length > 1 && parts[part] === undefined)
    return new Failure(`ERR unknown subcommand '${shown(command[1])}'. Try ${word.toUpperCase()} HELP.`);
  const name = fullNameOf(command, word, rule);
  const arity = parts?.[part] ?? rule.arity;
  if (arity > 0 ? command.length !== arity : command.length < -arity)
    return new Failure(`ERR wrong number of arguments for '${name}' command`);
  if (!session.authenticated && !['auth', 'hello', 'quit', 'reset'].includes(word))
    return new Failure('NOAUTH Authentication required.');
  return undefined;
}

function fullNameOf(command: readonly Bytes[], word: string, { parts }: CommandRule): string {
  return parts && command.length > 1 ? `${word}|${command[1]?.toLowerCase()}` : word;
}

/** Whatever mood the server is in: what was queued or is called by a script was let in before. */
function run(session: Session, command: readonly Bytes[]): Reply {
  const [word, ...args] = command as [Bytes, ...Bytes[]];
  const reply = attempt(session, word.toLowerCase(), args);
  session.state.witness(session, command, reply);
  return reply;
}

function attempt(session: Session, name: string, args: readonly Bytes[]): Reply {
  const rule = TABLE[name] as CommandRule;
  if (rule.most !== undefined && args.length >= rule.most)
    return new Failure(`ERR wrong number of arguments for '${name}' command`);
  try {
    return rule.run(session, args, name);
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    return new Failure(error.message);
  }
}

/** What a server in this state refuses. */
function moody({ state: { mood }, queued }: Session, name: string, rule: CommandRule): Failure | undefined {
  const { loading, replica, misconf, outOfMemory, busy } = mood;
  if (outOfMemory && rule.kind === 'write' && !rule.frees)
    return new Failure("OOM command not allowed when used memory > 'maxmemory'.");
  if (misconf && (rule.kind === 'write' || name === 'ping'))
    return new Failure(
      'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.',
    );
  if (replica && rule.kind === 'write')
    return new Failure("READONLY You can't write against a read only replica.");
  if (loading === 'all' || (loading === 'yes' && !rule.whileLoading))
    return new Failure('LOADING Redis is loading the dataset in memory');
  if (busy && !queued && !['auth', 'hello', 'client', 'quit', 'multi', 'watch', 'discard'].includes(name))
    return new Failure(
      'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    );
  return undefined;
}

function deaf(
  session: Session,
  command: readonly Bytes[],
  word: string,
  rule: CommandRule,
): Failure | undefined {
  if (!session.listensOnly || WHILE_LISTENING.has(word)) return undefined;
  const name = fullNameOf(command, word, rule);
  return new Failure(
    `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
  );
}

function unknown([name, ...args]: readonly Bytes[]): Failure {
  const list = args.map((arg) => `'${shown(arg)}' `).join('');
  return new Failure(`ERR unknown command '${shown(name)}', with args beginning with: ${list}`);
}

/** As C prints it. */
function shown(text: Bytes = ''): Bytes {
  return text.slice(0, 128).replace(/\0[\s\S]*/, '');
}
