import { lookInto } from '../core/error-base.js';

/** The server's own words, in reply to a command. Whatever was thrown may be asked. */
export function isReplyError(error: unknown): error is Error {
  return lookInto(() => error instanceof Error && error.name === 'ReplyError', false);
}

/** The server was in no state to execute anything, and said so; to EXEC it says what of. */
const REFUSALS =
  /^(?:EXECABORT .*\bbecause of: )?(LOADING|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MISCONF|OOM|NOREPLICAS|BUSY|MOVED|ASK)\b/;

/** Not a script's error, which may come after some of its writes. */
export function isServerRefusal(error: unknown): boolean {
  if (!isReplyError(error)) return false;
  if (REFUSALS.test(error.message)) return !isOfScript(error);
  // A transaction of which commands were refused when they were queued; ioredis keeps what they were told.
  const { previousErrors } = error as { previousErrors?: unknown };
  return isAbort(error) && Array.isArray(previousErrors) && previousErrors.some(isServerRefusal);
}

/** Whoever says so serves no data, or only a copy: somebody else may by now. */
export function tellsOfUpheaval(reply: unknown): boolean {
  return (
    isReplyError(reply) &&
    /^(EXECABORT .*because of: )?(CLUSTERDOWN|READONLY|MASTERDOWN|UNBLOCKED)\b/.test(reply.message)
  );
}

/** A transaction was refused as a whole. */
export function isAbort(error: unknown): boolean {
  return isReplyError(error) && error.message.startsWith('EXECABORT');
}

/**
 * What came after a script had begun, so that some of its writes may be done: by the server's words, or where it may have
 * other ones (valkey-io/valkey#3663), by what a write inside of a script is refused with.
 */
export function isOfScript(error: Error): boolean {
  const { message, command } = error as Error & { readonly command?: { readonly name?: string } };
  const isOfWrite = /^(READONLY|MISCONF|OOM|NOREPLICAS)\b/.test(message);
  return (
    /\bscript: |\brunning script\b/.test(message) || (isOfWrite && /^(eval|fcall)/i.test(command?.name ?? ''))
  );
}
