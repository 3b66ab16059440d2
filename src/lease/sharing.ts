import type { Command } from '../connection/client.js';
import { isBlock, needsOwnConnection, type Rule } from '../connection/command-rules.js';
import type { StatefulCommandError } from '../core/errors.js';
import { notShared } from '../handle/refusals.js';

/** Whose commands are judged. */
interface Sharer {
  readonly label: string | undefined;
  /** Plain commands are to be judged too. */
  strict: boolean;
}

/**
 * What may be sent on a connection that others use too: nothing that they would notice. What counts on a command that was
 * refused is refused with it, for it would do something else without: commands of a MULTI, and a transaction after WATCH.
 */
export class Sharing {
  /** A MULTI was refused, and no EXEC or DISCARD has come since. */
  #inBlock = false;
  #watches = false;

  refusal(who: Sharer, command: Command, rule: Rule, stream: unknown): StatefulCommandError | undefined {
    const { effect } = rule;
    const needsOwn = needsOwnConnection(command, rule, stream);
    const unguarded = this.#watches && effect === 'multi' && isBlock(rule, stream);
    if (!needsOwn && !unguarded && !this.#inBlock) return undefined;
    if (effect === 'watch') this.#watches = true;
    if (effect === 'unwatch' || effect === 'exec' || unguarded) this.#watches = false;
    if (needsOwn && effect === 'multi') this.#inBlock = true;
    if (effect === 'exec') this.#inBlock = false;
    who.strict = this.#inBlock;
    return notShared(command.name, who.label);
  }
}
