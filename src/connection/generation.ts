import type { Clock } from '../core/clock.js';
import { isOfScript, isReplyError } from './reply-error.js';

/** Pauses between two generations that end one after the other, in ms. */
const PAUSE_MS = { shortest: 100, longest: 10_000 };

/**
 * The time under one master. A write refused with READONLY is proof that its server is a master no more, as is MOVED to
 * where it was sent, for whoever is dialled there now is somebody else (redis/ioredis#1865). Then every connection of that
 * time leads to the wrong place, idle or lent: all are replaced when they are next looked at. Where the next one is none
 * either, a replica is meant or nobody has taken over yet: then the pauses grow.
 */
export class Generation {
  readonly #clock: Clock;
  /** Only this class changes it. */
  current = 1;
  #endedAt = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Called with every error on a connection that was opened in `generation`.
   *
   * @param executed It is what EXEC says of one command: what the server refuses itself it refuses as a whole.
   */
  judge(generation: number, error: unknown, executed = false): void {
    if (tellsOfReplica(error, executed)) this.end(generation);
  }

  /** Only the first one of its time ends it. */
  end(generation: number): void {
    if (generation !== this.current) return;
    const now = this.#clock.now();
    const quietMs = now - this.#endedAt;
    if (quietMs < this.#pauseMs) return;
    const isNews = quietMs > 2 * PAUSE_MS.longest;
    this.#pauseMs = isNews ? PAUSE_MS.shortest : Math.min(this.#pauseMs * 2, PAUSE_MS.longest);
    this.#endedAt = now;
    this.current += 1;
  }
}

/** Of a master that was demoted; the second in reply to commands that blocked meanwhile. A script may say READONLY itself. */
function tellsOfReplica(error: unknown, executed: boolean): boolean {
  if (!isReplyError(error)) return false;
  const words =
    executed || isOfScript(error)
      ? /READONLY You can't write/
      : /^(READONLY|UNBLOCKED .*instance state changed)/;
  return words.test(error.message);
}
