import { UNWRITABLE } from '../world/values.js';
import type { Act } from './actions.js';

/** Ways to send what cannot be sent. */
export const UNWRITABLE_ACTS: readonly Act[] = [
  ({ redis, fresh }, how) => redis.set(fresh('key'), make(how)),
  ({ redis, fresh }, how) =>
    redis.pipeline().set(fresh('key'), 'a').set(fresh('key'), make(how)).echo('b').exec(),
  ({ redis, fresh }, how) => redis.multi().set(fresh('key'), 'a').set(fresh('key'), make(how)).exec(),
  ({ redis, fresh }, how) => redis.call('SET', fresh('key'), make(how)),
  ({ redis, fresh }, how) => redis.eval('return ARGV[1]', 1, fresh('key'), make(how)),
  ({ redis, fresh }, how) => redis.hset(fresh('hash'), { field: make(how) }),
  ({ redis, fresh }, how) => redis.mset(new Map([[fresh('key'), make(how)]])),
  ({ redis }, how) =>
    redis
      .pipeline([
        ['echo', 'a'],
        ['echo', make(how)],
      ])
      .exec(),
];

function make(how: number): never {
  return UNWRITABLE[how % UNWRITABLE.length]?.() as never;
}
