import { UNWRITABLE } from '../world/values.js';
import type { Act } from './actions.js';

/** Ways to send what cannot be sent. */
export const UNWRITABLE_ACTS: readonly Act[] = [
  ({ redis, id }, how) => redis.set(`key:${id()}`, make(how)),
  ({ redis, id }, how) =>
    redis.pipeline().set(`key:${id()}`, 'a').set(`key:${id()}`, make(how)).echo('b').exec(),
  ({ redis, id }, how) => redis.multi().set(`key:${id()}`, 'a').set(`key:${id()}`, make(how)).exec(),
  ({ redis, id }, how) => redis.call('SET', `key:${id()}`, make(how)),
  ({ redis, id }, how) => redis.eval('return ARGV[1]', 1, `key:${id()}`, make(how)),
  ({ redis, id }, how) => redis.hset(`hash:${id()}`, { field: make(how) }),
  ({ redis, id }, how) => redis.mset(new Map([[`key:${id()}`, make(how)]])),
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
