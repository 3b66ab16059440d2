import { describe, expect, it } from 'vitest';
import { ClosedError, type ScopedRedis } from '../../src/index.js';
import {
  itCountsExactly,
  itWithScript,
  outcomeOf,
  SOURCES_AND_PROTOCOLS,
  sleep,
  useInstances,
  useServer,
} from '../support/harness.js';
import { startScriptedServer } from '../support/scripted-server.js';

const redis = useServer();
const refusal = (code: string) => `-${code} not now\r\n`;

describe.each(SOURCES_AND_PROTOCOLS)('retry, $source', ({ pool, redis: options }) => {
  const create = useInstances(() => ({ url: redis.url, pool, redis: options }));

  itCountsExactly('gives each attempt a connection of its own, and holds none during the delay', async () => {
    const withRedis = create({ retry: { attempts: 3, delayMs: 40, factor: 1 } });
    const seen: unknown[] = [];
    const during: number[] = [];
    const failure = new Error('not yet');
    const timer = setInterval(() => during.push(withRedis.stats().borrowed), 3);
    const { error } = await outcomeOf(
      withRedis((_, { attempt }) => {
        seen.push(attempt);
        throw failure;
      }),
    );
    clearInterval(timer);
    expect(seen).toEqual([1, 2, 3]);
    expect(error).toBe(failure);
    expect(Math.max(...during)).toBe(0);
    expect(withRedis.stats()).toMatchObject({ retries: 2, acquired: 3 });
  });

  it('tells of no attempt that cannot come any more, and counts those that came', async () => {
    const told: unknown[] = [];
    const withRedis = create({ observer: { onRetry: ({ attempt }) => void told.push(attempt) } });
    const controller = new AbortController();
    const retry = (stop: () => void) => ({
      attempts: 3,
      delayMs: 1,
      when: () => {
        stop();
        return true;
      },
    });
    const fail = () => Promise.reject(new Error('again'));
    const options = { signal: controller.signal, retry: retry(() => controller.abort()) };
    expect((await outcomeOf(withRedis(fail, options))).error).toBe(controller.signal.reason);
    const late = { deadlineMs: 50, retry: { attempts: 3, delayMs: 60_000, maxDelayMs: 60_000 } };
    expect((await outcomeOf(withRedis(fail, late))).error).toMatchObject({ phase: 'backoff' });
    const closing = { retry: retry(() => void withRedis.close()) };
    expect((await outcomeOf(withRedis(fail, closing))).error).toBeInstanceOf(ClosedError);
    expect([told, withRedis.stats().retries]).toEqual([[1], 0]);
  });

  it('asks when about values and errors, and not after the last attempt', async () => {
    const asked: unknown[] = [];
    const withRedis = create();
    const value = await withRedis((_, { attempt }) => attempt, {
      retry: {
        attempts: 3,
        delayMs: 1,
        when: (outcome, attempt) => {
          asked.push([outcome, attempt]);
          return true;
        },
      },
    });
    expect(value).toBe(3);
    expect(asked).toEqual([
      [{ ok: true, value: 1 }, 1],
      [{ ok: true, value: 2 }, 2],
    ]);
  });

  it('rejects with what when throws', async () => {
    const failure = new Error('when failed');
    const when = () => {
      throw failure;
    };
    const { error } = await outcomeOf(create()(() => 1, { retry: { attempts: 2, when } }));
    expect(error).toBe(failure);
  });

  it.each([async () => true, async () => Promise.reject(new Error('later'))])(
    'refuses a when that does not answer at once',
    async (when) => {
      const call = create()(() => 1, { retry: { attempts: 2, when: when as never } });
      expect((await outcomeOf(call)).error).toMatchObject({
        message: 'Option retry.when must say true or false at once; received a promise',
      });
    },
  );

  it('ends a backoff on abort, at the deadline, and on close, also where when or a hook causes it', async () => {
    const retry = { attempts: 2, delayMs: 5_000 };
    const fail = () => Promise.reject(new Error('again'));
    const startedAt = performance.now();
    const controller = new AbortController();
    // From here on it waits: before, it may be in its release, which nothing ends early.
    const onRetry = () => void setTimeout(() => controller.abort('enough'), 20);
    const withRedis = create({ retry, observer: { onRetry } });
    expect(await outcomeOf(withRedis(fail, { signal: controller.signal }))).toEqual({ error: 'enough' });
    const late = await outcomeOf(withRedis(fail, { deadlineMs: 300 }));
    expect(late.error).toMatchObject({ name: 'DeadlineExceededError', phase: 'backoff' });
    // A call that has ended does not go for a connection once more.
    const { acquired } = withRedis.stats();
    const inWhen = new AbortController();
    const when = () => {
      inWhen.abort('in when');
      return true;
    };
    expect(await outcomeOf(withRedis(fail, { signal: inWhen.signal, retry: { ...retry, when } }))).toEqual({
      error: 'in when',
    });
    expect(withRedis.stats().acquired).toBe(acquired + 1);
    const closing = create({ retry, observer: { onRetry: () => void closing.close() } });
    expect((await outcomeOf(closing(fail))).error).toBeInstanceOf(ClosedError);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it.each([
    ['nothing was sent', async () => {}, 2],
    ['only reads were sent', (r: ScopedRedis) => r.get('key'), 2],
    ['a write succeeded', (r: ScopedRedis) => r.set('retry', '1'), 1],
    [
      'a write succeeded in a pipeline',
      (r: ScopedRedis) => r.pipeline().get('a').set('retry', '1').exec(),
      1,
    ],
    ['a script ran', (r: ScopedRedis) => r.eval('return 1', 0), 1],
    ['a transaction ran', (r: ScopedRedis) => r.multi().get('a').exec(), 1],
    ['a read-only script ran', (r: ScopedRedis) => r.call('EVAL_RO', 'return 1', 0), 2],
  ])('without when: %s', async (_, work: (r: ScopedRedis) => Promise<unknown>, attempts) => {
    const withRedis = create({ retry: { attempts: 2, delayMs: 1 } });
    let runs = 0;
    await outcomeOf(
      withRedis(async (r) => {
        runs += 1;
        await work(r);
        throw new Error('fails afterwards');
      }),
    );
    expect(runs).toBe(attempts);
  });

  it('repeats anything where the caller says idempotent', async () => {
    const withRedis = create({ retry: { attempts: 3, delayMs: 1, idempotent: true } });
    let runs = 0;
    await outcomeOf(
      withRedis(async (r) => {
        runs += 1;
        await r.incr('idempotent');
        throw new Error('fails afterwards');
      }),
    );
    expect(runs).toBe(3);
  });

  itWithScript.each(['LOADING', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN', 'READONLY'])(
    'repeats a write that the server refused with %s, unless another one succeeded',
    async (code) => {
      let refuse = true;
      const server = await startScriptedServer(([name, key]) => {
        if (name !== 'SET' || key === 'first') return '+OK\r\n';
        const reply = refuse ? refusal(code) : '+OK\r\n';
        refuse = false;
        return reply;
      });
      const withRedis = create({ url: server.url, retry: { attempts: 2, delayMs: 1 } });
      expect(await withRedis((r) => r.set('key', '1'))).toBe('OK');
      refuse = true;
      const { error } = await outcomeOf(
        withRedis(async (r) => {
          await r.set('first', '1');
          return r.set('key', '1');
        }),
      );
      expect(error).toMatchObject({ message: expect.stringContaining(code) });
      await withRedis.close();
      await server.close();
    },
  );

  it('repeats the attempt when the server was down for a moment', async () => {
    const { startFaultProxy } = await import('../support/fault-proxy.js');
    const proxy = await startFaultProxy(redis.server);
    proxy.stopListening();
    setTimeout(() => void proxy.listenAgain(), 60);
    const withRedis = create({ url: proxy.url, retry: { attempts: 10, delayMs: 20, factor: 1 } });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    await withRedis.close();
    await sleep(1);
    await proxy.close();
  });
});
