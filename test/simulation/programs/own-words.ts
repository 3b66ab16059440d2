import type { Act } from './actions.js';
import { repliesOf } from './transactions.js';
import { SAID_BY_SCRIPT } from './verdict.js';

/** One of those that the world's servers know. */
const INCREASE_AND_SAY = "redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])";

/** The server begins so where it has done nothing. */
const CODES = ['BUSY', 'LOADING', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN', 'READONLY', 'OOM', 'MISCONF'];

/** A script that has written, and replies in words that are its own. */
export const ownWords: Act = async ({ redis, once }, how) => {
  const script = [INCREASE_AND_SAY, 1, once(), CODES[how % CODES.length] + SAID_BY_SCRIPT] as const;
  if (how % 3 === 0) {
    // Inside of an open transaction it is queued, and says nothing yet.
    await redis.eval(...script);
    return;
  }
  const piece = how % 3 === 1 ? redis.multi() : redis.pipeline();
  repliesOf(await piece.eval(...script).exec());
};
