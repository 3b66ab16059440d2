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

/** What the server says before a script begins, to the letter: a script may reply with any words, and with any code. */
const BEFORE_SCRIPT =
  /^(LOADING \S+ is loading|TRYAGAIN Multiple keys|CLUSTERDOWN (The cluster|Hash slot)|MASTERDOWN Link|BUSY \S+ is busy|(MOVED|ASK) \d+ |NOSCRIPT )/;

/** What came after a script had begun, or may have, so that some of its writes may be done (valkey-io/valkey#3663). */
export function isOfScript(error: Error): boolean {
  const { message, command } = error as Error & { readonly command?: { readonly name?: string } };
  return (
    /\bscript: |\brunning script\b/.test(message) || (isScript(command?.name) && !BEFORE_SCRIPT.test(message))
  );
}

/** Whether a command runs a script. */
export function isScript(name = ''): boolean {
  return /^(eval|fcall)/i.test(name);
}
