import type { Command } from './client.js';
import { isReplyError, isServerRefusal } from './reply-error.js';

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
