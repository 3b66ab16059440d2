/** The server's own words, in reply to a command. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The server was in no state to execute anything, and said so. */
export function isServerRefusal(error: unknown): boolean {
  return (
    isReplyError(error) &&
    /^(LOADING|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MOVED|ASK)\b/.test(error.message)
  );
}
