import type { LeakCheckSettings } from './options.js';

/** Of the room that the server had: with more, a leak would shut out everybody else. */
const MOST_OF_ROOM = 0.8;

/** Connections at which a check stops calling. */
export function mostOpen(room: number): number {
  return Math.max(1, Math.floor(MOST_OF_ROOM * room));
}

/** Fewer calls at once and before the measured ones, where a leak would fill the server before it shows. */
export function fitInto(room: number, settings: LeakCheckSettings): LeakCheckSettings {
  const share = Math.max(1, Math.floor(mostOpen(room) / 6));
  const concurrency = Math.min(settings.concurrency, share);
  return { ...settings, concurrency, warmup: Math.min(settings.warmup, 2 * share) };
}

/** More causes than any chain has, should one lead back to itself. */
const MOST_CAUSES = 10;

/** The server has answered that it is full. What a function throws may be anything, also what throws when one looks. */
export function isRefusedForRoom(error: unknown): boolean {
  try {
    let at = error;
    for (let depth = 0; depth < MOST_CAUSES && at instanceof Error; depth += 1, at = at.cause) {
      if (/max number of clients/i.test(at.message)) return true;
    }
  } catch {
    // It is none of the server's.
  }
  return false;
}
