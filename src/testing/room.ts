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

/** The server has answered that it is full. */
export function isRefusedForRoom(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (/max number of clients/i.test(at.message)) return true;
  }
  return false;
}
