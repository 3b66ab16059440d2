import { isReplyError } from './reply-error.js';

/**
 * The time under one master. A write refused with READONLY is proof that its server is a master no more, and then every
 * connection of that time leads to the wrong place, idle or lent: all are replaced when they are next looked at.
 */
export class Generation {
  #current = 1;

  get current(): number {
    return this.#current;
  }

  /** Called with every error on a connection that was opened in `generation`; only the first one of its time ends it. */
  judge(generation: number, error: unknown): void {
    if (generation === this.#current && isReplyError(error) && error.message.startsWith('READONLY'))
      this.#current += 1;
  }
}
