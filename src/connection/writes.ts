import { noop } from '../core/outcome.js';
import type { Command } from './client.js';
import type { Effect } from './command-rules.js';
import { isAbort, isOfScript, isReplyError, isScript, isServerRefusal } from './reply-error.js';

/** A transaction, from its MULTI to its EXEC. */
interface Block {
  /** MULTI was answered, so what follows is queued and not done. */
  begun: boolean;
  /** One of its commands was refused when it was to be queued. */
  refused: boolean;
  /** One of them is a script, of which nobody can tell a refusal. */
  scripted: boolean;
}

/** What became of the commands of one attempt that may have changed data. Kept only where a retry would ask. */
export class Writes {
  #inDoubt = 0;
  #succeeded = false;
  #block: Block | undefined;
  /** What transactions were refused with because the server had refused one of their commands. */
  readonly #aborts = new WeakSet<object>();

  /** Called with every command that may have changed data, and with those that begin and end a transaction. */
  note(command: Command, effect: Effect): void {
    const block = this.#block;
    if (effect === 'multi') this.#begin(command);
    else if (effect === 'exec') this.#end(command, block);
    else {
      if (block && isScript(command.name)) block.scripted = true;
      this.#follow(command, () => this.#replied(block), block);
    }
  }

  /** Whether none of it was done, because the server refused with `error` before. */
  undoneBy(error: unknown): boolean {
    if (this.#succeeded || this.#inDoubt > 0) return false;
    return isServerRefusal(error) || (isReplyError(error) && this.#aborts.has(error));
  }

  #begin({ promise }: Command): void {
    const block = { begun: false, refused: false, scripted: false };
    this.#block = block;
    promise.then(() => {
      block.begun = true;
    }, noop);
  }

  #end(command: Command, block: Block | undefined): void {
    this.#block = undefined;
    // Of DISCARD only what it ends counts.
    if (command.name.toLowerCase() === 'discard') return;
    // null: somebody else changed what was watched, and nothing was done.
    const replied = (replies: unknown) => {
      for (const reply of Array.isArray(replies) ? replies : []) {
        if (block?.scripted) this.#succeeded = true;
        else this.#judge(reply);
      }
    };
    this.#follow(command, replied, block);
    command.promise.catch((error: unknown) => {
      if (block?.refused && isAbort(error)) this.#aborts.add(error as Error);
    });
  }

  #follow({ promise }: Command, replied: (reply: unknown) => void, block: Block | undefined): void {
    this.#inDoubt += 1;
    promise.then(
      (reply) => {
        this.#inDoubt -= 1;
        replied(reply);
      },
      (error: unknown) => {
        if (!isReplyError(error)) return;
        this.#inDoubt -= 1;
        this.#judge(error);
        if (block && isServerRefusal(error)) block.refused = true;
      },
    );
  }

  /** QUEUED is no success: that is what EXEC tells of. */
  #replied(block: Block | undefined): void {
    if (!block?.begun) this.#succeeded = true;
  }

  #judge(reply: unknown): void {
    if (!(reply instanceof Error) || isOfScript(reply)) this.#succeeded = true;
  }
}
