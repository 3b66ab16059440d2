import { describe, expect, it } from 'vitest';
import { DeadlineExceededError, LeaseReleasedError, type ScopedRedis } from '../../src/index.js';
import {
  itCountsExactly,
  outcomeOf,
  SOURCES_AND_PROTOCOLS,
  sleep,
  useInstances,
  useServer,
} from '../support/harness.js';

const redis = useServer();

describe.each(SOURCES_AND_PROTOCOLS)('every way out of a scope, $source', ({ pool, redis: options }) => {
  const create = useInstances(() => ({ url: redis.url, pool, redis: options }));

  /** At the moment of settling: pooled, the one idle connection; fresh, none. */
  const connectionsKept = pool ? 1 : 0;

  it('resolves to what fn returned, after the connection has been released', async () => {
    const withRedis = create();
    await expect(withRedis((r) => r.set('exits', '1'))).resolves.toBe('OK');
    expect(await redis.clients()).toHaveLength(connectionsKept);
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, idle: connectionsKept });
  });

  const value = { not: 'a promise' };
  it.each([
    ['a value', () => value],
    ['a promise', async () => value],
    // biome-ignore lint/suspicious/noThenProperty: a foreign thenable is what is tested
    ['a thenable', () => ({ then: (resolve: (v: unknown) => void) => resolve(value) })],
  ])('returns %s by identity', async (_, fn) => {
    const withRedis = create();
    expect(await withRedis(fn as () => unknown)).toBe(value);
    expect(withRedis.stats().borrowed).toBe(0);
  });

  const failure = new Error('a business error');
  it.each([
    [
      'an error thrown synchronously',
      failure,
      () => {
        throw failure;
      },
    ],
    [
      'an error rejected',
      failure,
      async () => {
        throw failure;
      },
    ],
    ['undefined', undefined, () => Promise.reject(undefined)],
    [
      'null thrown synchronously',
      null,
      () => {
        throw null;
      },
    ],
    [
      'a thenable whose then throws',
      failure,
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a foreign thenable is what is tested
        get then() {
          throw failure;
        },
      }),
    ],
  ])('rejects with %s, by identity, and the connection is none the worse', async (_, expected, fn) => {
    const withRedis = create();
    const outcome = await outcomeOf(withRedis(fn as () => unknown));
    expect('error' in outcome).toBe(true);
    expect(outcome.error).toBe(expected);
    expect(await redis.clients()).toHaveLength(connectionsKept);
  });

  itCountsExactly('keeps the connection through a hundred business errors', async () => {
    const withRedis = create();
    for (let i = 0; i < 100; i++) await outcomeOf(withRedis(() => Promise.reject(failure)));
    expect(withRedis.stats()).toMatchObject({ created: pool ? 1 : 100, acquired: 100 });
  });

  it('does not dial when the signal was aborted before', async () => {
    const withRedis = create();
    const reason = { the: 'reason' };
    const called: unknown[] = [];
    const signal = AbortSignal.abort(reason);
    const { error } = await outcomeOf(withRedis((r) => called.push(r), { signal }));
    expect(error).toBe(reason);
    expect(called).toEqual([]);
    expect(withRedis.stats()).toMatchObject({ created: 0, acquired: 0 });
  });

  itCountsExactly(
    'destroys the connection of a scope that is aborted behind a blocking command, before it settles',
    async () => {
      const withRedis = create();
      const controller = new AbortController();
      const reason = new Error('stop');
      let signalled: unknown;
      const { error } = await outcomeOf(
        withRedis(
          (r, { signal }) => {
            setTimeout(() => controller.abort(reason), 30);
            signal.addEventListener('abort', () => {
              signalled = signal.reason;
            });
            return r.blpop('never', 0);
          },
          { signal: controller.signal },
        ),
      );
      expect(error).toBe(reason);
      expect(signalled).toBe(reason);
      expect(await redis.clients()).toHaveLength(0);
      expect(withRedis.stats().destroyed).toEqual({ aborted: 1 });
    },
  );

  it('ends a scope at its deadline, and says which commands are in doubt', async () => {
    const withRedis = create();
    const startedAt = performance.now();
    const { error } = await outcomeOf(
      withRedis(
        'late',
        async (r) => {
          await r.set('deadline', '1');
          await r.blpop('never', 0);
        },
        { deadlineMs: 300 },
      ),
    );
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(error).toMatchObject({
      code: 'ERR_WITH_REDIS_DEADLINE_EXCEEDED',
      label: 'late',
      phase: 'run',
      commands: [
        { name: 'set', status: 'replied' },
        { name: 'blpop', status: 'in-doubt' },
      ],
    });
    expect(await redis.clients()).toHaveLength(0);
  });

  it('lets a function that ignores its signal run on without a connection', async () => {
    const withRedis = create();
    let late: Promise<unknown> | undefined;
    const zombie = withRedis(
      async (r) => {
        await sleep(250);
        late = r.set('zombie', '1');
        return late;
      },
      { deadlineMs: 150 },
    );
    await expect(zombie).rejects.toBeInstanceOf(DeadlineExceededError);
    await sleep(250);
    await expect(late).rejects.toBeInstanceOf(LeaseReleasedError);
    expect(await redis.observer.command('EXISTS', 'zombie')).toBe(0);
  });

  itCountsExactly(
    'rejects with what the command rejected with when the connection is lost, and signals it',
    async () => {
      const withRedis = create();
      let seen: unknown;
      let aborted = false;
      const { error } = await outcomeOf(
        withRedis(async (r, { signal }) => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          const id = await r.client('ID');
          const blocked = r.blpop('never', 0);
          await redis.observer.command('CLIENT', 'KILL', 'ID', id);
          try {
            return await blocked;
          } catch (lost) {
            seen = lost;
            throw lost;
          }
        }),
      );
      expect(error).toBeInstanceOf(Error);
      expect(error).toBe(seen);
      expect(aborted).toBe(true);
      expect(withRedis.stats().destroyed).toEqual({ lost: 1 });
      await expect(withRedis((r) => r.ping())).resolves.toBe('PONG');
    },
  );

  it('refuses every use of a handle kept beyond its scope', async () => {
    const withRedis = create();
    const kept: { redis?: ScopedRedis } = {};
    const before: (() => unknown)[] = [];
    await withRedis(async (r) => {
      kept.redis = r;
      const pipeline = r.pipeline().set('kept', '1');
      const transaction = r.multi().set('kept', '1');
      const bound = r.set.bind(r, 'kept', '1');
      before.push(
        () => pipeline.exec(),
        () => transaction.exec(),
        bound,
      );
      await r.ping();
    });
    const r = kept.redis as ScopedRedis;
    const after = [
      () => r.get('kept'),
      () => r.call('SET', 'kept', '1'),
      () => r.pipeline().set('kept', '1').exec(),
      () => r.multi().set('kept', '1').exec(),
      () => r.eval('return 1', 0),
      () => new Promise((_, reject) => r.scanStream().on('error', reject).resume()),
    ];
    for (const use of [...before, ...after]) {
      await expect(use()).rejects.toBeInstanceOf(LeaseReleasedError);
    }
    expect(() => r.on('message', () => {})).toThrow(LeaseReleasedError);
    expect(await redis.observer.command('EXISTS', 'kept')).toBe(0);
  });

  it('refuses to end, replace or multiply the lent connection', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      const any = r as unknown as Record<string, () => unknown>;
      for (const name of ['quit', 'connect', 'monitor']) {
        await expect(any[name]?.()).rejects.toMatchObject({ code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' });
      }
      for (const name of ['disconnect', 'end', 'duplicate']) expect(() => any[name]?.()).toThrow(/scope/);
      await expect(r.call('QUIT')).rejects.toMatchObject({ code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' });
      expect(await r.ping()).toBe('PONG');
    });
    expect(await redis.clients()).toHaveLength(connectionsKept);
  });

  itCountsExactly('waits for a command whose await was forgotten', async () => {
    const withRedis = create();
    let forgotten: Promise<unknown> | undefined;
    await withRedis((r) => {
      forgotten = r.incr('forgotten');
    });
    await expect(forgotten).resolves.toBeTypeOf('number');
    expect(withRedis.stats().destroyed).toEqual(pool ? {} : { unpooled: 1 });
  });

  it('gives up on a forgotten command that blocks, and names it', async () => {
    const releases: unknown[] = [];
    const failures: unknown[] = [];
    const withRedis = create({
      releaseTimeoutMs: 100,
      observer: { onRelease: (e) => releases.push(e), onReleaseError: (e) => failures.push(e) },
    });
    await withRedis('forgetful', (r) => {
      void r.blpop('never', 0);
    });
    expect(releases).toMatchObject([
      { label: 'forgetful', disposition: 'destroyed', reason: 'inFlight', inFlight: ['blpop'] },
    ]);
    expect(failures).toMatchObject([{ label: 'forgetful', error: expect.any(Error) }]);
    expect(await redis.clients()).toHaveLength(0);
  });
});
