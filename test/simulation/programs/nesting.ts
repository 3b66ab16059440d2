import type { Redis } from 'ioredis';
import type { Act } from './actions.js';

const noop = () => {};

/** What is called inside of a scope. */
export const NESTING = {
  async nest({ nest, standing, id, fresh, expect }, how) {
    const text = `nested ${id()}`;
    if (how % 3 === 0) return expect('echo', await standing.echo(text), text);
    const isShared = how % 6 === 1;
    const written = how % 6 === 4 && fresh('inside');
    const body = async (redis: Redis) => {
      // Whatever connection it has: what it may do does not depend on that.
      const watched = isShared && (await redis.watch(fresh('plain')).then(Boolean, () => false));
      expect('watch', watched, false);
      if (written) expect('incr', await redis.incr(written), 1);
      expect('echo', await redis.echo(text), text);
    };
    return nest(body, undefined, isShared ? 'shared' : undefined);
  },
  /** What goes on inside when this is over has no connection any more, if it was the same. */
  'nest and leave'(stage, how) {
    const body = async (redis: Redis) => {
      const isLent = stage.lends && redis.stream === stage.redis.stream;
      await stage.sleep(how % 2 ? how * 10 : how % 20);
      const isLate = isLent && !stage.lends;
      const reply = await redis.echo('inside').catch(noop);
      if (isLate) stage.expect('late echo', reply, undefined);
    };
    stage.nest(body, how % 4 < 3 ? 1 + (how % 30) : undefined).catch(noop);
  },
} as const satisfies Record<string, Act>;
