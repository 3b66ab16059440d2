import type { Command } from '../connection/client.js';
import { isReplyError, isServerRefusal } from '../connection/reply-error.js';
import { lookInto } from '../core/error-base.js';

/** What a pipeline's `exec()` says of one command. */
export type Reply = readonly [error: Error | null, value?: unknown];

/** A server has said it. */
export function isAnswer([error]: Reply): boolean {
  return !error || isReplyError(error);
}

/** Whether a call that was cut short has something for its caller all the same: what EXEC said, or any reply. */
export function bringsReplies(commands: readonly Command[], replies: readonly Reply[]): boolean {
  const last = replies.at(-1);
  if (commands.at(-1)?.name === 'exec') return last !== undefined && isAnswer(last);
  return replies.some((reply) => isAnswer(reply) && reply[1] !== null);
}

/** Of the replies to a pipeline, as `exec()` gives them, the first refusal, if each of them is one. */
export function refusalIn(value: unknown): unknown {
  return lookInto(() => {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const isRefused = (each: unknown) => Array.isArray(each) && isServerRefusal(each[0]);
    return value.every(isRefused) ? value[0][0] : undefined;
  }, undefined);
}
