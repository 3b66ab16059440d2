import type { ServerState, Witness } from '../redis/session.js';

/** Whoever has to know that there is another master knows it by then: one that lost its sentinel looks for another one. */
const KNOWN_MS = 8_000;

const WRITES = ['set', 'incr', 'incrby', 'rpush', 'hset', 'xadd'];

/** A master that was replaced and does not know it: it takes writes, and all of them will be lost. */
export class Deposed {
  #state: ServerState | undefined;
  #since = 0;

  begin(state: ServerState, now: number): void {
    this.#state = state;
    this.#since = now;
  }

  /** It learns of the new one. */
  demote(): void {
    if (this.#state) this.#state.mood.replica = true;
    this.#state = undefined;
  }

  witness([session, command]: Parameters<Witness>, now: number, violate: (what: string) => void): void {
    if (session.state !== this.#state || now - this.#since < KNOWN_MS) return;
    if (WRITES.includes((command[0] as string).toLowerCase()))
      violate(
        `${command[0]} went to a master that was replaced ${Math.round((now - this.#since) / 1_000)} s ago`,
      );
  }
}
