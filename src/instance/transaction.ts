import type { ChainableCommander } from 'ioredis';
import { isServerRefusal } from '../connection/reply-error.js';
import { isOurs } from '../core/error-base.js';
import { ConflictError } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { CallOptions } from '../options/options.js';
import * as check from '../options/validation.js';
import type { ScopeBody } from './attempt.js';
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

/** What a transaction asks of the instance. */
export interface Runner {
  run<T>(fn: ScopeBody<T>, options: CallOptions): Promise<Awaited<T>>;
  /** Refuses keys that one connection cannot reach together. */
  checkTogether(): void;
}

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
  options: CallOptions = {},
): Promise<TransactionResult<Awaited<T>>> {
  check.value('keys', keys, KEYS);
  check.value('fn', fn, check.FUNCTION);
  runner.checkTogether();
  let isDone = false;
  const when = (outcome: Outcome<unknown>) => !isDone && didNothing(outcome);
  const given = typeof options.retry === 'number' ? { attempts: options.retry } : options.retry;
  const retry = { ...CONFLICTS, when, ...given };
  const body = async (redis: ScopedRedis, scope: Scope): Promise<TransactionResult<Awaited<T>>> => {
    await redis.watch(...(keys as [string]));
    const multi = redis.multi();
    const value = await fn(redis, multi, scope);
    const replies = await multi.exec();
    isDone = replies?.some(([error]) => !isServerRefusal(error)) ?? false;
    if (replies) return { value, replies: valuesOf(replies) };
    throw new ConflictError(keys.map(String), scope.attempt, { label: scope.label });
  };
  const [key] = keys;
  return runner.run(body, { key, ...options, isolation: 'exclusive', retry });
}

/** Somebody else changed a key between WATCH and EXEC, or the server did not execute anything. */
function didNothing(outcome: Outcome<unknown>): boolean {
  if (outcome.ok) return false;
  const { error } = outcome;
  return (isOurs(error) && error instanceof ConflictError) || isServerRefusal(error);
}

/** A command that failed inside EXEC fails the whole, though the others were done: Redis does not roll back. */
function valuesOf(replies: readonly [Error | null, unknown][]): unknown[] {
  const failed = replies.find(([error]) => error);
  if (failed) throw failed[0];
  return replies.map(([, reply]) => reply);
}
