import type { Bytes, Failure, Reply } from './resp.js';
import { Failure as Fails } from './resp.js';
import type { Session } from './session.js';

/** What the server has to know of a command before it runs it. */
export interface CommandRule {
  /** How many words it has, its name among them; negative: at least so many. */
  readonly arity: number;
  readonly kind: 'read' | 'write' | 'other';
  /** How many words it has at most; it is queued with more of them. */
  readonly most?: number;
  /** Of a command that is several: the arity of each. */
  readonly parts?: Readonly<Record<string, number>>;
  /** Where its keys are: the first, and the last counted from the end where negative; or which of its words they are. */
  readonly keys?:
    | readonly [first: number, last: number, step?: number]
    | ((words: readonly Bytes[]) => readonly Bytes[]);
  /** Does not need memory, so a full server takes it. */
  readonly frees?: boolean;
  /** A server that loads its data takes it too. */
  readonly whileLoading?: boolean;
  /** Is not queued, and refused inside of MULTI. */
  readonly notQueued?: boolean;
  /** @param args without the name */
  run(session: Session, args: readonly Bytes[], name: string): Reply;
}

/** What a command is about. */
export function keysOf({ keys }: CommandRule, words: readonly Bytes[]): readonly Bytes[] {
  if (keys === undefined) return [];
  if (typeof keys === 'function') return keys(words);
  const [first, last, step = 1] = keys;
  const end = last < 0 ? words.length + last : last;
  return words.filter((_, at) => at >= first && at <= end && (at - first) % step === 0);
}

export type CommandTable = Readonly<Record<string, CommandRule>>;

export const SYNTAX: Failure = new Fails('ERR syntax error');
export const NOT_AN_INTEGER: Failure = new Fails('ERR value is not an integer or out of range');

/** Undefined where it is none. */
export function integer(text: Bytes | undefined): number | undefined {
  return text !== undefined && /^(0|-?[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text))
    ? Number(text)
    : undefined;
}
