import { Failure, type Reply } from '../redis/resp.js';
import type { Session } from '../redis/session.js';
import { KEY_PREFIX } from './keys.js';

/**
 * What servers have executed, whoever they were and whatever became of them. Keys say what may become of them:
 * `once:` is written at most as often as its caller opted in to, `late:` never, `open:` not after its scope, and only inside of
 * a transaction, as `apart:`; `guarded:` only under a WATCH, and `hoped:` under one, or where that was refused.
 */
export class Journal {
  readonly executed = new Map<string, number>();
  /** Of transactions that were left open by scopes that are over. */
  readonly forbidden = new Set<string>();
  readonly #violate: (what: string) => void;

  constructor(violate: (what: string) => void) {
    this.#violate = violate;
  }

  witness(session: Session, command: readonly string[], reply: Reply): void {
    const [, written] = command;
    if (written === undefined || reply instanceof Failure) return;
    const key = written.replace(KEY_PREFIX, '');
    if (key.startsWith(KEY_PREFIX)) this.#violate(`${command.join(' ')} has its prefix twice`);
    if (key.startsWith('once:')) this.executed.set(key, (this.executed.get(key) ?? 0) + 1);
    else if (key.startsWith('late:'))
      this.#violate(`${command.join(' ')} reached the server after its scope`);
    else if (this.forbidden.has(key))
      this.#violate(`${command.join(' ')} was executed, of a transaction left open`);
    else if (/^(apart|open):/.test(key) && !session.executing)
      this.#violate(`${command.join(' ')} was executed outside of its transaction`);
    else if (isUnguarded(key, session))
      this.#violate(
        `${command.join(' ')} was executed without its WATCH${session.asking ? ', after ASKING' : ''}`,
      );
  }
}

function isUnguarded(key: string, { guard }: Session): boolean {
  return (guard !== 'kept' && key.startsWith('guarded:')) || (guard === 'none' && key.startsWith('hoped:'));
}
