import { isWithRedisError } from 'with-redis';
import { describe } from '../world/values.js';
import type { ActionName, Scope } from './program.js';

const LOST =
  /^(Connection is closed\.|Command aborted due to connection close|Stream isn't writeable|read ECONNRESET|write EPIPE|Socket closed)/;

/** The connection was lost before the command was answered. */
export const isLost = (error: unknown): error is Error =>
  error instanceof Error && /^Connection is closed\.|^Command aborted due to connection/.test(error.message);

/** What a server that is not well says, and what it says of commands that make no sense where they stand. */
const REFUSED =
  /^(LOADING|READONLY|MISCONF|OOM|BUSY|NOAUTH|TRYAGAIN|CLUSTERDOWN|UNBLOCKED|EXECABORT|NOPROTO|ERR max number of clients|Error: ERR max)/;

/** Bad manners that the server or the client complains about. */
const RUDE: readonly ActionName[] = [
  'open multi',
  'subscribe',
  'subscribe anew',
  'messages',
  'select',
  'silence',
  'quit',
  'multi apart',
  'multi subscribing',
  'watch',
  'watch anew',
  'guard',
  'exec alone',
  'track',
  'reset',
  'unwritable',
];

/** Nothing in it is a reason to give its connection up, or to let others do so. */
export const isPolite = ({ body }: Scope): boolean =>
  !body.some(({ do: name }) => RUDE.includes(name) || name === 'nest and leave');

const COMPLAINT =
  /^(ERR |Connection in subscriber mode|no list of replies|Unknown RESP type|Cannot read properties of undefined \(reading 'transformReply'\))/;

/** How the words of a script end, which are no refusal of the server, whatever they begin with. */
export const SAID_BY_SCRIPT = ' says a script';

/** A node has said that the command belongs elsewhere. */
export const isRedirection = (error: unknown): boolean =>
  error instanceof Error && /^(MOVED|ASK)\b/.test(error.message);

/** The name of what a command was rejected with; starts with `unexpected` where nothing in the scope explains it. */
export function nameCommandError(error: unknown, scope: Scope, transacts: boolean): string {
  if (isWithRedisError(error)) return error.name;
  const text = error instanceof Error ? error.message : describe(error);
  if (LOST.test(text)) return 'connection lost';
  if (text === 'Command timed out') return 'given up by the client';
  if (text.endsWith(SAID_BY_SCRIPT)) return 'said by a script';
  if (REFUSED.test(text)) return 'refused by the server';
  // Nothing was queued, or it was refused for a key that had changed.
  if (text === 'no list of replies' && transacts) return 'conflict';
  // What the connection remembers cannot be taken along to another node.
  const pins = transacts || scope.body.some(({ do: name }) => RUDE.includes(name) || name === 'rename');
  if (pins && (isRedirection(error) || text.startsWith('CROSSSLOT'))) return 'refused by the server';
  const rude = scope.body.some(({ do: name }) => RUDE.includes(name));
  if (rude && (COMPLAINT.test(text) || scope.body.some(({ do: name }) => name === 'unwritable')))
    return 'complaint';
  return `unexpected ${describe(error)}`;
}

/** These send EXEC. */
export const EXECUTING: readonly ActionName[] = [
  'multi',
  'rename',
  'guard',
  'multi apart',
  'multi subscribing',
  'multi in pipeline',
  'exec alone',
  'forget multi',
  'unwritable',
  // One of its ways is a transaction.
  'callback',
];

/** What each of these does is one piece, so that a refusal is one of all of it. */
const IN_ONE_PIECE: readonly ActionName[] = ['multi', 'count'];

/** A server that was in no state to do it said so before it had done anything. */
export function isRefusedWhole(error: unknown, { body }: Scope): boolean {
  const [action] = body;
  if (body.length !== 1 || !action || !IN_ONE_PIECE.includes(action.do) || !(error instanceof Error))
    return false;
  return /^(EXECABORT|LOADING|READONLY|MISCONF|OOM|BUSY|TRYAGAIN|CLUSTERDOWN)/.test(error.message);
}

/** Its one command had no connection to be sent on, so nothing was done, wherever it had been sent away from. */
export function isUnsent(error: unknown, { body }: Scope): boolean {
  if (body.length !== 1 || body[0]?.do !== 'count' || !isWithRedisError(error)) return false;
  return ['ConnectError', 'AcquireTimeoutError', 'QueueFullError'].includes(error.name) && !isHopeless(error);
}

/** What its connection would remember; where others have the same one, or the next call another one, none of it is done. */
export const SPANNING: readonly ActionName[] = [
  'watch',
  'watch anew',
  'guard',
  'open multi',
  'select',
  'subscribe',
  'subscribe anew',
  'messages',
  'rename',
  'track',
  'reset',
  'quit',
  'multi subscribing',
];

/** The name of what a command of a standing client was rejected with: each is a call, and a command too. */
export function nameStandingError(error: unknown, circumstances: Circumstances): string {
  const { scope } = circumstances;
  if (!isWithRedisError(error)) return nameCommandError(error, scope, false);
  const spans = scope.body.some(({ do: name }) => SPANNING.includes(name));
  if (error.name === 'StatefulCommandError' && spans) return error.name;
  return nameCallError(error, { ...circumstances, seen: new Set() });
}

export interface Circumstances {
  /** What commands gave to the function, and what it threw itself. */
  readonly seen: ReadonlySet<unknown>;
  /** The abort's, if it was aborted. */
  readonly reasons: readonly unknown[];
  /** The instance was being closed at some time of the call. */
  readonly closing: boolean;
  /** The instance or the scope may say so. */
  readonly nested: boolean;
  readonly scope: Scope;
}

/** Another attempt would end the same way. */
export function isHopeless(error: unknown): boolean {
  if (!isWithRedisError(error)) return false;
  return (
    ['ClosedError', 'NestedScopeError'].includes(error.name) || ('permanent' in error && !!error.permanent)
  );
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}

/** The name of what a call was rejected with. */
export function nameCallError(
  error: unknown,
  { seen, reasons, closing, nested, scope }: Circumstances,
): string {
  if (reasons.includes(error)) return 'aborted';
  if (seen.has(error)) return 'passed on';
  if (!isWithRedisError(error)) return `unexpected ${describe(error)}`;
  switch (error.name) {
    case 'ClosedError':
      return closing ? error.name : 'unexpected ClosedError of an instance that is open';
    case 'NestedScopeError':
      return nested ? error.name : `unexpected ${describe(error)}`;
    case 'ConnectError':
      // A server that loads its data is waited for, whatever it refuses meanwhile.
      return /^LOADING/.test(reasonOf(error.cause)) ? `unexpected ${describe(error)}` : error.name;
    case 'ConflictError':
    case 'AcquireTimeoutError':
    case 'DeadlineExceededError':
    case 'QueueFullError':
      return error.name;
    default:
      return `unexpected ${describe(error)} in ${scope.body.map(({ do: name }) => name).join(', ')}`;
  }
}
