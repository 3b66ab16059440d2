import { createHash } from 'node:crypto';
import { type CommandTable, integer, NOT_AN_INTEGER } from '../command.js';
import { type Bytes, Failure, OK, type Reply } from '../resp.js';
import type { Session } from '../session.js';
import type { Run } from './transactions.js';

/** What a script does, told in JavaScript; `call` runs a command of the server. */
export type Script = (
  call: (...command: Bytes[]) => Reply,
  keys: readonly Bytes[],
  argv: readonly Bytes[],
) => Reply;

/** Scripts by their text in Lua, so that a real server does the same. The only ones this server can run. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  "return redis.call('GET', KEYS[1])": (call, [key]) => call('get', key as Bytes),
  "return redis.call('INCRBY', KEYS[1], ARGV[1])": (call, [key], [by]) =>
    call('incrby', key as Bytes, by as Bytes),
  'return ARGV[1]': (_call, _keys, [text]) => text ?? null,
  "redis.call('SET', KEYS[1], ARGV[1]) return redis.error_reply('ERR after its write')": (
    call,
    [key],
    [text],
  ) => {
    call('set', key as Bytes, text as Bytes);
    return new Failure('ERR after its write');
  },
  "redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])": (call, [key], [words]) => {
    call('incr', key as Bytes);
    return new Failure(words as Bytes);
  },
};

const NOSCRIPT = new Failure('NOSCRIPT No matching script. Please use EVAL.');

const hash = (text: Bytes) => createHash('sha1').update(text, 'latin1').digest('hex');

function evaluate(
  session: Session,
  text: Bytes | undefined,
  [amount, ...words]: readonly Bytes[],
  run: Run,
): Reply {
  const count = integer(amount);
  if (count === undefined) return NOT_AN_INTEGER;
  if (count < 0) return new Failure("ERR Number of keys can't be negative");
  if (count > words.length) return new Failure("ERR Number of keys can't be greater than number of args");
  const script = text === undefined ? undefined : SCRIPTS[text];
  if (text === undefined) return NOSCRIPT;
  if (!script) return new Failure('ERR Error compiling script (new function): this server knows no Lua');
  session.state.scripts.set(hash(text), text);
  const executing = session.executing;
  session.executing = true;
  const call = (...command: Bytes[]) => {
    const reply = run(session, command);
    if (reply instanceof Failure) throw reply;
    return reply;
  };
  try {
    return script(call, words.slice(0, count), words.slice(count));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return new Failure(`${failure.message} script: ${hash(text)}, on @user_script:1.`);
  } finally {
    session.executing = executing;
  }
}

/** EVAL script numkeys key… arg… */
function declared([, , amount, ...words]: readonly Bytes[]): readonly Bytes[] {
  const count = integer(amount) ?? 0;
  return count > words.length ? [] : words.slice(0, Math.max(0, count));
}

export function scripts(run: Run): CommandTable {
  return {
    eval: {
      arity: -3,
      kind: 'write',
      keys: declared,
      run: (session, [text, ...rest]) => evaluate(session, text, rest, run),
    },
    evalsha: {
      arity: -3,
      kind: 'write',
      keys: declared,
      run: (session, [sha, ...rest]) =>
        evaluate(session, session.state.scripts.get((sha as Bytes).toLowerCase()), rest, run),
    },
    script: {
      arity: -2,
      kind: 'other',
      parts: { load: 3, exists: -3, flush: -2 },
      run({ state }, [sub, ...words]) {
        switch (sub?.toLowerCase()) {
          case 'load':
            state.scripts.set(hash(words[0] as Bytes), words[0] as Bytes);
            return hash(words[0] as Bytes);
          case 'exists':
            return words.map((sha) => (state.scripts.has(sha.toLowerCase()) ? 1 : 0));
          case 'flush':
            state.scripts.clear();
            return OK;
          default:
            throw new Error(`SCRIPT ${sub} has an arity and no meaning`);
        }
      },
    },
  };
}
