import type { Redis } from 'ioredis';
import type { Act } from './actions.js';
import type { ActionName } from './program.js';

/** The replies of a pipeline or transaction; an error among them is thrown. */
export function repliesOf(results: [error: Error | null, reply: unknown][] | null | undefined): unknown[] {
  if (!results) throw new Error('no list of replies');
  for (const [error] of results) if (error) throw error;
  return results.map(([, reply]) => reply);
}

/** What ioredis lets a pipeline do, and its types do not tell of: a transaction in the middle. */
interface Multiple {
  multi(): { incr(key: string): { exec(): ReturnType<Redis['pipeline']> } };
}

interface Caller {
  call(name: string): ReturnType<Redis['pipeline']>;
}

/** No connection could be had for it. */
const NEVER_BEGUN = /^(AcquireTimeoutError|ConnectError)$/;

/** Transactions, in one piece and in parts. */
export const TRANSACTIONS = {
  async multi({ redis, fresh, once, expect }) {
    const key = fresh('plain');
    const replies = repliesOf(await redis.multi().set(key, key).get(key).incr(once()).exec());
    expect('multi', replies, ['OK', key, 1]);
  },
  async watch({ redis, id, fresh, common }, how) {
    const watched = common('watched', how % 3);
    await redis.watch(watched, fresh('plain'));
    await redis.set(watched, id());
  },
  /** All at once, or one after the other; who does not wait for the reply to WATCH goes on also where it is refused. */
  async guard({ redis, id, fresh, common }, how) {
    const watching = redis.watch(common('watched', how % 3), fresh('plain'));
    if (how % 4 === 0) await watching;
    const executing = redis
      .multi()
      .set(common(how % 4 === 0 ? 'guarded' : 'hoped', how % 3), id())
      .exec();
    await Promise.all([watching, executing]);
  },
  /** What ends the first one is answered once the second has been sent. */
  async 'watch anew'({ redis, common }, how) {
    await redis.watch(common('watched', how % 3));
    await Promise.all([redis.unwatch(), redis.watch(common('watched', (how + 1) % 3))]);
  },
  async 'exec alone'({ redis, common }, how) {
    await redis.watch(common('watched', how % 3));
    await redis.exec();
  },
  async 'open multi'({ redis, open }, how) {
    if (how % 4 < 2) {
      await redis.call(how % 2 ? 'MULTI' : 'multi');
      await redis.set(open(), 'x');
    } else repliesOf(await (redis.pipeline() as unknown as Caller).call('multi').set(open(), 'x').exec());
  },
  /** All at once, or one after the other, whatever became of MULTI; a server that refuses it executes the rest. */
  async 'multi apart'({ redis, fresh, refused }, how) {
    const key = fresh('apart');
    const multi: Promise<unknown> = redis.multi({ pipeline: false }) as never;
    if (how % 2)
      await multi.catch(async (error: Error) => {
        if (NEVER_BEGUN.test(error?.name)) await refused(redis.set(key, key));
        throw error;
      });
    await Promise.all([multi, redis.set(key, key), redis.exec()]);
  },
  async 'multi in pipeline'({ redis, fresh, expect }) {
    const key = fresh('plain');
    const queue = redis.pipeline().set(key, 1) as unknown as Multiple;
    const replies = repliesOf(await queue.multi().incr(key).exec().get(key).exec());
    // A key that is watched may have changed.
    if (replies[3] === null) expect('multi in pipeline', replies, ['OK', 'OK', 'QUEUED', null, '1']);
    else expect('multi in pipeline', replies, ['OK', 'OK', 'QUEUED', [2], '2']);
  },
  'multi subscribing': ({ redis, fresh }) =>
    redis.multi().ssubscribe(fresh('channel'), fresh('channel')).exec(),
} satisfies { readonly [name in ActionName]?: Act };
