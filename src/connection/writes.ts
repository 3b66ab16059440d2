import type { Command } from './client.js';

/** What became of the commands of one attempt that may have changed data. Kept only where a retry would ask. */
export class Writes {
  #inDoubt = 0;
  #succeeded = false;
  readonly #onReply = () => {
    this.#inDoubt -= 1;
    this.#succeeded = true;
  };
  readonly #onRejection = (error: unknown) => {
    if (isReplyError(error)) this.#inDoubt -= 1;
  };

  note(command: Command): void {
    this.#inDoubt += 1;
    command.promise.then(this.#onReply, this.#onRejection);
  }

  /** Whether none of it was done, because the server refused with `error` before. */
  undoneBy(error: unknown): boolean {
    return !this.#succeeded && this.#inDoubt === 0 && isServerRefusal(error);
  }
}

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
