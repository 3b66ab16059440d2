import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  ConflictError,
  DeadlineExceededError,
  type ScopedRedis,
} from '../../src/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import {
  instanceOf,
  outcomeOf,
  SOURCES_AND_PROTOCOLS,
  sleep,
  useInstances,
  useServer,
} from '../support/harness.js';

const redis = useServer();
const command = (...args: (string | number)[]) => redis.observer.command(...args);

describe.each(SOURCES_AND_PROTOCOLS)('transactions, $source', ({ pool, redis: options }) => {
  const create = useInstances(() => ({ url: redis.url, pool, redis: options, maxConnections: 4 }));

  it('reads, queues, executes, and returns the value and the replies', async () => {
    await command('SET', 'account', '100');
    const result = await create().transaction(['account'], async (r, multi, { attempt }) => {
      const balance = Number(await r.get('account'));
      multi.set('account', balance - 30).get('account');
      return { balance, attempt };
    });
    expect(result).toEqual({ value: { balance: 100, attempt: 1 }, replies: ['OK', '70'] });
  });

  it('runs again when a key changed in between', async () => {
    await command('SET', 'contended', '0');
    let attempts = 0;
    const { value, replies } = await create().transaction([Buffer.from('contended')], async (r, multi) => {
      attempts += 1;
      const seen = await r.get('contended');
      if (attempts < 3) await command('INCR', 'contended');
      multi.incr('contended');
      return seen;
    });
    expect({ value, replies, attempts }).toEqual({ value: '2', replies: [3], attempts: 3 });
  });

  it.each([
    ['CLIENT', 'SETNAME', 'job'],
    ['NOT.KNOWN.HERE', 'a'],
    ['UNKNOWNHERE', 'a'],
  ])('what else its function does to the connection is no conflict: %s', async (...words) => {
    await command('SET', 'mine', '0');
    let attempts = 0;
    const { replies } = await create().transaction(['mine'], async (r, multi) => {
      attempts += 1;
      await r.call(...(words as unknown as [string])).catch(() => {});
      multi.incr('mine');
    });
    expect([attempts, replies]).toEqual([1, [1]]);
  });

  it('gives up after its attempts, and nothing was done', async () => {
    const withRedis = create();
    const { error } = await outcomeOf(
      withRedis.transaction(
        ['busy'],
        async (_, multi) => {
          await command('INCR', 'busy');
          multi.set('busy', 'mine');
        },
        { retry: { attempts: 3, delayMs: 1 }, label: 'crowd' },
      ),
    );
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ attempts: 3, label: 'crowd' });
    expect(await command('GET', 'busy')).toBe('3');
    await command('DEL', 'busy');
  });

  it('leaves no WATCH behind when the function throws, and passes its error by identity', async () => {
    const withRedis = create({ maxConnections: 1 });
    const failure = new Error('no');
    const { error } = await outcomeOf(withRedis.transaction(['left'], () => Promise.reject(failure)));
    expect(error).toBe(failure);
    await command('SET', 'left', 'changed');
    expect(await withRedis((r) => r.multi().get('left').exec())).toEqual([[null, 'changed']]);
  });

  it('rejects with a reply that is an error', async () => {
    await command('SET', 'text', 'abc');
    const { error } = await outcomeOf(create().transaction(['text'], (_, multi) => void multi.incr('text')));
    expect(error).toMatchObject({ name: 'ReplyError', message: expect.stringContaining('integer') });
  });

  it('commits nothing when the connection is lost between WATCH and EXEC', async () => {
    await command('SET', 'kept', 'before');
    const { error } = await outcomeOf(
      create().transaction(['kept'], async (r, multi) => {
        multi.set('kept', 'after');
        const id = await r.client('ID');
        await command('CLIENT', 'KILL', 'ID', Number(id));
        await sleep(10);
      }),
    );
    expect(error).toBeInstanceOf(Error);
    expect(await command('GET', 'kept')).toBe('before');
  });

  it('is bounded by the deadline, and does not run again after an EXEC in doubt', async () => {
    const proxy = await startFaultProxy(redis.server);
    const withRedis = create({ url: proxy.url });
    await command('SET', 'doubt', '0');
    const { error } = await outcomeOf(
      withRedis.transaction(
        ['doubt'],
        (_, multi) => {
          multi.incr('doubt');
          proxy.mode = 'drop-replies';
        },
        { deadlineMs: 150 },
      ),
    );
    expect(error).toBeInstanceOf(DeadlineExceededError);
    proxy.mode = 'pass';
    await sleep(50);
    expect(Number(await command('GET', 'doubt'))).toBeLessThanOrEqual(1);
    await withRedis.close();
    await proxy.close();
  });

  it.each(['exec', 'execBuffer'] as const)(
    'executes once where the function does so by %s, and still under the WATCH',
    async (how) => {
      await command('SET', 'own', '0');
      let attempts = 0;
      const { value, replies } = await create().transaction(['own'], async (_, multi) => {
        attempts += 1;
        if (attempts === 1) await command('INCR', 'own');
        return (multi.incr('own') as unknown as Record<string, () => Promise<unknown>>)[how]!();
      });
      expect({ value, replies, attempts }).toEqual({ value: [[null, 2]], replies: [2], attempts: 2 });
      expect(await command('GET', 'own')).toBe('2');
    },
  );

  it.each<[string, (r: ScopedRedis) => Promise<unknown>]>([
    ['exec', (r) => r.multi().get('guarded').exec()],
    ['unwatch', (r) => r.unwatch()],
    ['UNWATCH', (r) => r.call('UNWATCH')],
    ['reset', (r) => r.reset()],
    ['unwatch', (r) => r.pipeline().get('guarded').unwatch().exec()],
    ['discard', (r) => r.multi({ pipeline: false }).then(() => r.discard())],
  ])('executes nothing where the function ends the WATCH by %s', async (name, end) => {
    await command('SET', 'guarded', '0');
    const { error } = await outcomeOf(
      create().transaction(
        ['guarded'],
        async (r, multi) => {
          await end(r);
          await command('SET', 'guarded', '50');
          multi.set('guarded', 1);
        },
        { label: 'job' },
      ),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      label: 'job',
      message: expect.stringContaining(`its own ${name} has ended the WATCH`),
    });
    expect(await command('GET', 'guarded')).toBe('50');
  });

  it('is not repeated for a refusal where something that the function wrote itself was done', async () => {
    await command('DEL', 'jobs');
    await command('RPUSH', 'jobs', ...Array.from({ length: 20 }, () => 'job'));
    await command('CONFIG', 'SET', 'maxmemory', '1');
    const { error } = await outcomeOf(
      create().transaction(['jobs'], async (r, multi) => {
        multi.set('job', String(await r.lpop('jobs')));
      }),
    );
    await command('CONFIG', 'SET', 'maxmemory', '0');
    expect(error).toMatchObject({ message: expect.stringMatching(/OOM|EXECABORT/) });
    expect(await command('LLEN', 'jobs')).toBe(19);
  });

  it.each([{ attempts: undefined }, { when: undefined }, { attempts: undefined, delayMs: 1 }])(
    'takes %j for what it is: nothing',
    async (retry) => {
      let attempts = 0;
      const fn = async () => {
        attempts += 1;
        if (attempts < 4) await command('SET', 'moot', attempts);
      };
      await create().transaction(['moot'], fn, { retry });
      expect(attempts).toBe(4);
    },
  );

  it('refuses what is no list of keys, and no function', async () => {
    const withRedis = create();
    const wrong: [unknown, unknown][] = [
      [[], () => 1],
      ['key', () => 1],
      [[''], () => 1],
      [[5], () => 1],
      [['key'], 5],
    ];
    for (const [keys, fn] of wrong) {
      const { error } = await outcomeOf(withRedis.transaction(keys as string[], fn as () => number));
      expect(error).toBeInstanceOf(ConfigurationError);
    }
  });
});

/** In one slot, so that it holds in a cluster too. */
const key = (account: number | string) => `{bank}${account}`;

it('loses and doubles no update: counters and transfers under random kills', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        writers: fc.integer({ min: 2, max: 6 }),
        transfers: fc.array(
          fc.record({ from: fc.nat(2), to: fc.nat(2), amount: fc.integer({ min: 1, max: 20 }) }),
          { minLength: 4, maxLength: 24 },
        ),
        kills: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
      }),
      async ({ writers, transfers, kills }) => {
        const bank = instanceOf({ url: redis.url, pool: true, maxConnections: 4 });
        await command('MSET', key(0), 100, key(1), 100, key(2), 100, key('count'), 0);
        let committed = 0;
        let unsure = 0;
        const transfer = async ({ from, to, amount }: (typeof transfers)[number]) => {
          const outcome = await outcomeOf(
            bank.transaction(
              [key(from), key(to), key('count')],
              async (r, multi) => {
                const [balance, other] = (await r.mget(key(from), key(to))).map(Number) as [number, number];
                if (from !== to) multi.set(key(from), balance - amount).set(key(to), other + amount);
                multi.incr(key('count'));
              },
              { retry: { attempts: 50, delayMs: 2 } },
            ),
          );
          if ('value' in outcome) committed += 1;
          else unsure += 1;
        };
        const queue = [...transfers];
        const writer = async () => {
          for (let next = queue.shift(); next; next = queue.shift()) await transfer(next);
        };
        const killing = kills.map(async (afterMs) => {
          await sleep(afterMs);
          await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        });
        await Promise.all([...Array.from({ length: writers }, writer), ...killing]);
        await bank.close();
        const [a0, a1, a2, count] = (
          (await command('MGET', key(0), key(1), key(2), key('count'))) as string[]
        ).map(Number);
        expect((a0 ?? 0) + (a1 ?? 0) + (a2 ?? 0)).toBe(300);
        // One whose EXEC was answered is there once; one that was killed, once or not at all.
        expect(count).toBeGreaterThanOrEqual(committed);
        expect(count).toBeLessThanOrEqual(committed + unsure);
      },
    ),
    { numRuns: 25 },
  );
});
