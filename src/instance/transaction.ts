import type { ChainableCommander } from 'ioredis';
import { isServerRefusal } from '../connection/reply-error.js';
import { ConfigurationError, ConflictError } from '../core/errors.js';
import type { Entry } from '../core/origin.js';
import { noop, type Outcome } from '../core/outcome.js';
import { type Handle, OWNER } from '../handle/overrides.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import { readRetry } from '../options/call-settings.js';
import type { CallOptions, RetryOptions } from '../options/options.js';
import * as check from '../options/validation.js';
import type { Runner } from './request.js';
import type { Scope } from './scope.js';

/** What a transaction came to. */
export interface TransactionResult<T> {
  /** What the function returned. */
  readonly value: T;
  /** The replies to the queued commands, in order. */
  readonly replies: readonly unknown[];
}

/** The function of a transaction: reads with `redis`, and queues on `multi` what is to be executed. */
export type TransactionBody<T> = <S>(redis: ScopedRedis<S>, multi: ChainableCommander, scope: Scope) => T;

/** Enough for a few writers who meet; full jitter parts those who would meet again. */
const CONFLICTS = { attempts: 10, delayMs: 10, maxDelayMs: 1_000, jitter: 'full' } as const;

const KEYS: check.Kind = {
  wanted: 'a list of at least one key',
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(check.isKey),
};

/**
 * WATCH, `fn`, EXEC on a connection of its own. The connection is never replaced in between, so a WATCH cannot be lost
 * without the EXEC failing too (redis/ioredis#1686).
 */
export async function runTransaction<T>(
  runner: Runner,
  keys: readonly (string | Buffer)[],
  fn: TransactionBody<T>,
  options: CallOptions | undefined,
  entry: Entry,
): Promise<TransactionResult<Awaited<T>>> {
  check.value('keys', keys, KEYS);
  check.value('fn', fn, check.FUNCTION);
  runner.checkTogether(keys, options?.label);
  const { nested, callDefaults } = runner.settings;
  let conflict: ConflictError | undefined;
  // Somebody else changed a key between WATCH and EXEC, or the server did not execute anything.
  const when = (outcome: Outcome<unknown>, _attempt: number, safe: boolean) =>
    !outcome.ok && (outcome.error === conflict || (safe && isServerRefusal(outcome.error)));
  const retry = readRetry(options?.retry, { ...callDefaults.retry, ...CONFLICTS, when }) as RetryOptions;
  const body = async (redis: ScopedRedis, scope: Scope): Promise<TransactionResult<Awaited<T>>> => {
    const { multi, execute } = openTransaction(redis, scope.label);
    await redis.watch(...(keys as [string]));
    try {
      const value = await fn(redis, multi, scope);
      const replies = await execute();
      if (replies) return { value, replies: valuesOf(replies) };
    } catch (error) {
      // What is shared goes on to whoever opened the scope around.
      if (nested === 'reuse') redis.unwatch().catch(noop);
      throw error;
    }
    conflict = new ConflictError(keys.map(String), scope.attempt, { label: scope.label });
    throw conflict;
  };
  const [key] = keys;
  const limits: CallOptions = { key, ...options, isolation: 'exclusive', retry };
  return runner.run({ fn: body, options: limits, entry });
}

/** What ends the WATCH: whatever others change meanwhile, what is queued would be executed. */
const ENDS = /^(exec|discard|unwatch|reset)$/i;

/** Called when the WATCH is about to be sent. EXEC comes once, whoever sends it, and under the WATCH, which others may end that have the same connection. */
function openTransaction(redis: ScopedRedis, label: string | undefined) {
  const owner = (redis as unknown as Handle)[OWNER];
  let { watchesEnded } = owner;
  let isEnded = false;
  let endedBy: string | undefined;
  let executed: ReturnType<ChainableCommander['exec']> | undefined;
  const send = redis.sendCommand;
  redis.sendCommand = function (command, ...rest) {
    if (ENDS.test(command.name)) endedBy ??= command.name;
    isEnded ||= owner.watchesEnded !== watchesEnded;
    const reply = send.call(this, command, ...rest);
    // What is of its own making is no matter of others.
    watchesEnded = owner.watchesEnded;
    return reply;
  };
  const multi = redis.multi();
  const exec = multi.exec.bind(multi);
  const execute: typeof exec = (...args) => {
    if (endedBy && !executed)
      throw new ConfigurationError('fn', `must queue on multi: its own ${endedBy} has ended the WATCH`, {
        label,
      });
    // As if somebody had changed a key, which may be so.
    isEnded ||= owner.watchesEnded !== watchesEnded;
    executed ??= isEnded ? Promise.resolve(null) : exec(...args);
    return executed;
  };
  multi.exec = execute;
  return { multi, execute };
}

/** A command that failed inside EXEC fails the whole, though the others were done: Redis does not roll back. */
function valuesOf(replies: readonly [Error | null, unknown][]): unknown[] {
  const failed = replies.find(([error]) => error);
  if (failed) throw failed[0];
  return replies.map(([, reply]) => reply);
}
