import type { ChainableCommander } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScopedRedis } from '../../src/index.js';
import { StatefulCommandError } from '../../src/index.js';
import { eventually, outcomeOf, useInstances } from '../support/harness.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

let master: RedisServer;
/** Acknowledges nothing. */
let replica: RedisServer;
const create = useInstances(() => ({ url: master.url, deadlineMs: 5_000 }));

beforeAll(async () => {
  master = await startRedisServer({});
  replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
  const cache = create();
  await eventually(
    () => cache((r) => r.info('replication')),
    (info) => /state=online/.test(info),
    20_000,
  );
  replica.pause();
}, 40_000);

afterAll(async () => {
  await Promise.all([master?.stop(), replica?.stop()]);
});

const WAITS = ['wait', 'waitaof'] as const;
const waits = (redis: unknown, name: (typeof WAITS)[number]): Promise<unknown> =>
  (redis as { call(...args: unknown[]): Promise<unknown> }).call(
    name.toUpperCase(),
    ...(name === 'wait' ? [1, 100] : [0, 1, 100]),
  );

describe.each(WAITS)('%s never confirms what no replica has', (name) => {
  it('in an auto scope that wrote where others write too', async () => {
    const cache = create({ isolation: 'auto' });
    // An own connection is at hand that has written nothing since.
    await cache(async (r) => {
      await r.watch('k');
      await r.unwatch();
    });
    const { error } = await outcomeOf(
      cache(async (r) => {
        await r.set('k', 2);
        return waits(r, name);
      }),
    );
    expect(error).toBeInstanceOf(StatefulCommandError);
    const moved = async (r: ScopedRedis) => {
      await r.set('k', 3);
      await r.watch('k');
      return waits(r, name);
    };
    expect((await outcomeOf(cache(moved))).error).toBeInstanceOf(StatefulCommandError);
  });

  it.each(['exclusive', 'shared', 'auto'] as const)('of cache.redis, %s', async (isolation) => {
    const cache = create({ isolation, pool: true });
    await cache.redis.set('k', 4);
    const { error } = await outcomeOf(waits(cache.redis, name));
    expect(error).toBeInstanceOf(StatefulCommandError);
  });
});

it('wait in an exclusive scope counts what the scope has written', async () => {
  const confirmed = await create({ pool: true })(async (r) => {
    await r.set('k', 1);
    return r.wait(1, 100);
  });
  expect(confirmed).toBe(0);
});

it('wait speaks of what an auto scope has written on the connection that it moved to', async () => {
  const cache = create({ isolation: 'auto' });
  const confirmed = await cache(async (r) => {
    await r.watch('k');
    await r.set('k', 5);
    return r.wait(1, 100);
  });
  expect(confirmed).toBe(0);
});

it('wait behind a command that moves an auto scope is refused too, and with it its pipeline', async () => {
  const cache = create({ isolation: 'auto' });
  const { error } = await outcomeOf(
    cache(async (r) => {
      void r.watch('k');
      return r.pipeline().get('k').wait(1, 100).exec();
    }),
  );
  expect(error).toBeInstanceOf(StatefulCommandError);
});

it.each(['exclusive', 'shared', 'auto'] as const)(
  'wait of cache.redis counts what was written before it in the same piece, %s',
  async (isolation) => {
    const { redis } = create({ isolation, pool: true });
    const pipeline = redis.pipeline() as unknown as ChainableCommander;
    expect(await pipeline.set('k', 6).wait(1, 100).exec()).toEqual([
      [null, 'OK'],
      [null, 0],
    ]);
    const alone = redis.pipeline() as unknown as ChainableCommander;
    const { error } = await outcomeOf(alone.get('k').wait(1, 100).exec());
    expect(error).toBeInstanceOf(StatefulCommandError);
  },
);
