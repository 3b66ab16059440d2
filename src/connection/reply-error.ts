/** The server's own words, in reply to a command. Whatever was thrown may be asked: a proxy of somebody's may throw. */
export function isReplyError(error: unknown): error is Error {
  try {
    return error instanceof Error && error.name === 'ReplyError';
  } catch {
    return false;
  }
}

/** The server was in no state to execute anything, and said so. */
const REFUSALS =
  /^(LOADING|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MISCONF|OOM|NOREPLICAS|BUSY|MOVED|ASK)\b/;

/** Not a script's error, which may come after some of its writes. */
export function isServerRefusal(error: unknown): boolean {
  return isReplyError(error) && REFUSALS.test(error.message) && !/\bscript: /.test(error.message);
}
