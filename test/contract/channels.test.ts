import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import type { TraceMessage } from '../../src/index.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

const OPERATIONS = ['scope', 'acquire', 'release', 'connect'] as const;
type Operation = (typeof OPERATIONS)[number];
type Step = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

interface Heard {
  readonly what: string;
  readonly message: TraceMessage;
  readonly context: unknown;
}

const callers = new AsyncLocalStorage<string>();
const undo: (() => void)[] = [];
afterEach(() => {
  for (const end of undo.splice(0)) end();
});

/** Everything that is said on the channels, in order. */
function listen(...operations: Operation[]): Heard[] {
  const heard: Heard[] = [];
  for (const operation of operations) {
    const channel = tracingChannel<unknown, TraceMessage>(`with-redis:${operation}`);
    const note = (step: Step) => (message: TraceMessage) =>
      void heard.push({ what: `${operation}:${step}`, message, context: callers.getStore() });
    const steps = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
    const subscribers = Object.fromEntries(steps.map((step) => [step, note(step)])) as never;
    channel.subscribe(subscribers);
    undo.push(() => channel.unsubscribe(subscribers));
  }
  return heard;
}

const named = (heard: readonly Heard[], what: string) => heard.filter((each) => each.what === what);

describe.each(SOURCES)('the tracing channels, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool, name: 'traced' }));

  it('tell of a scope from its call to its end, in order, with one message for each operation', async () => {
    const cache = create();
    const heard = listen('scope', 'acquire', 'release');
    expect(await cache('cart.reserve', () => 'value')).toBe('value');
    expect(heard.map(({ what }) => what)).toEqual([
      'scope:start',
      'acquire:start',
      'acquire:end',
      'scope:end',
      'acquire:asyncStart',
      'acquire:asyncEnd',
      'release:start',
      'release:end',
      'release:asyncStart',
      'release:asyncEnd',
      'scope:asyncStart',
      'scope:asyncEnd',
    ]);
    expect(new Set(heard.map(({ message }) => message)).size).toBe(3);
    const common = { name: 'traced', label: 'cart.reserve', isolation: 'exclusive', attempt: 1 };
    const server = { address: '127.0.0.1', port: Number(new URL(redis.url).port), database: 0 };
    const [scope, acquire, release] = OPERATIONS.map((each) => named(heard, `${each}:asyncEnd`)[0]?.message);
    expect(scope).toEqual({ ...common, server, result: 'value' });
    expect(acquire).toEqual({ ...common, server, waitMs: expect.any(Number) });
    expect(release).toMatchObject({
      ...common,
      server,
      heldMs: expect.any(Number),
      disposition: pool ? 'reused' : 'destroyed',
      reason: pool ? 'clean' : 'unpooled',
    });
  });

  it('tell of each attempt, and of the last one with the scope', async () => {
    const cache = create();
    const heard = listen('scope', 'acquire', 'release');
    const thrown = new Error('business');
    const { error } = await outcomeOf(
      cache(() => Promise.reject(thrown), { retry: { attempts: 3, delayMs: 1 } }),
    );
    expect(error).toBe(thrown);
    for (const what of ['acquire:asyncEnd', 'release:asyncEnd']) {
      expect(named(heard, what).map(({ message }) => message.attempt)).toEqual([1, 2, 3]);
    }
    expect(named(heard, 'scope:error')[0]?.message).toMatchObject({ error: thrown, attempt: 3 });
  });

  it('tell of a wait that was in vain', async () => {
    const cache = create({ maxConnections: 1 });
    const held = await cache.acquire();
    const heard = listen('acquire', 'release', 'scope');
    const { error } = await outcomeOf(cache('hungry', (r) => r.ping(), { acquireTimeoutMs: 30 }));
    expect(named(heard, 'acquire:error')[0]?.message).toMatchObject({ error, label: 'hungry' });
    expect(named(heard, 'scope:error')[0]?.message.error).toBe(error);
    expect(named(heard, 'release:start')).toEqual([]);
    await held.release();
  });

  it('tell of options that cannot be used, by the scope alone', async () => {
    const heard = listen('acquire', 'scope');
    const { error } = await outcomeOf(create()((r) => r.ping(), { deadlineMs: -1 }));
    expect(heard.map(({ what }) => what)).toContain('scope:error');
    expect(named(heard, 'scope:error')[0]?.message.error).toBe(error);
    expect(named(heard, 'acquire:start')).toEqual([]);
  });

  it('tell of a lease from acquire(), which is released once', async () => {
    const heard = listen('scope', 'acquire', 'release');
    const lease = await create().acquire({ label: 'by hand' });
    await lease.release();
    await lease.release();
    await lease.destroy();
    expect(heard.map(({ what }) => what)).toEqual([
      ...['acquire:start', 'acquire:end', 'acquire:asyncStart', 'acquire:asyncEnd'],
      ...['release:start', 'release:end', 'release:asyncStart', 'release:asyncEnd'],
    ]);
    expect(heard.every(({ message }) => message.label === 'by hand')).toBe(true);
  });

  it('tell why a connection is closed', async () => {
    const cache = create();
    const heard = listen('release');
    await outcomeOf(cache((r) => r.blpop('nothing', 0), { deadlineMs: 300 }));
    expect(named(heard, 'release:asyncEnd')[0]?.message).toMatchObject({
      disposition: 'destroyed',
      reason: 'deadline',
    });
  });

  it.each(['exclusive', 'auto'] as const)(
    'tell how each %s scope ended that is taken away by close(), and each lease',
    async (isolation) => {
      const cache = create({ maxConnections: 4 });
      const heard = listen('acquire', 'release');
      const controller = new AbortController();
      const lease = await cache.acquire();
      const calls = [
        cache((r) => r.blpop('nothing', 0), { isolation }),
        cache((r) => r.blpop('nothing', 0), { isolation, signal: controller.signal }),
      ].map(outcomeOf);
      await eventually(redis.clients, (all) => all.filter(({ cmd }) => cmd === 'blpop').length === 2);
      controller.abort();
      await calls[1];
      await cache.close({ deadlineMs: 1 });
      await Promise.all(calls);
      await lease.release();
      const reasons = named(heard, 'release:asyncEnd').map(({ message }) => message.reason);
      expect(reasons.sort()).toEqual(['aborted', 'closed', 'closed']);
    },
  );

  it('tell of the release of a lease that a hook aborts as it is granted', async () => {
    let controller = new AbortController();
    const cache = create({ observer: { onAcquire: () => controller.abort(new Error('enough')) } });
    const heard = listen('acquire', 'release');
    await expect(cache((r) => r.ping(), { signal: controller.signal })).rejects.toThrow('enough');
    controller = new AbortController();
    await expect(cache.acquire({ signal: controller.signal })).rejects.toThrow('enough');
    expect(named(heard, 'acquire:error')).toEqual([]);
    expect(named(heard, 'acquire:asyncEnd')).toHaveLength(2);
    expect(named(heard, 'release:asyncEnd')).toHaveLength(2);
  });

  it.each(['shared', 'auto'] as const)(
    'tell of one release for one acquire with isolation %s',
    async (isolation) => {
      const cache = create({ maxConnections: 2 });
      const heard = listen('acquire', 'release');
      await cache((r) => r.ping(), { isolation });
      if (isolation === 'auto') await cache((r) => r.watch('key'), { isolation });
      for (const what of ['acquire:asyncEnd', 'release:asyncEnd']) {
        expect(named(heard, what)).toHaveLength(isolation === 'auto' ? 2 : 1);
      }
      for (const { message } of named(heard, 'release:asyncEnd')) {
        expect(message).toMatchObject({ isolation, disposition: expect.any(String) });
      }
    },
  );

  it('tell how long an auto scope was lent what it had, also before it moved', async () => {
    const cache = create({ maxConnections: 2, isolation: 'auto' });
    const heard = listen('release');
    await cache(async (r) => {
      await sleep(50);
      await r.watch('key');
    });
    expect(named(heard, 'release:asyncEnd')[0]?.message.heldMs).toBeGreaterThan(45);
  });

  it('tell that a shared connection was lost, and which isolation is meant where none is said', async () => {
    const cache = create({ isolation: 'shared', maxConnections: 2 });
    const heard = listen('scope', 'release');
    const kill = async (id: number) => {
      await create()((own) => own.client('KILL', 'ID', id));
      await sleep(20);
    };
    await cache('lost', async (r) => kill(await r.client('ID')), { isolation: undefined });
    const [scope, release] = ['scope:asyncEnd', 'release:asyncEnd'].map((what) =>
      named(heard, what).find(({ message }) => message.label === 'lost'),
    );
    expect(scope?.message.isolation).toBe('shared');
    expect(release?.message).toMatchObject({ disposition: 'destroyed', reason: 'lost' });
  });

  it('tell of a lease by acquire() that its connection is its own, whatever the isolation of the instance', async () => {
    const cache = create({ isolation: 'shared', maxConnections: 2 });
    const heard = listen('acquire', 'release');
    await (await cache.acquire()).release();
    await (await cache.acquire({ isolation: 'auto' })).release();
    expect(heard.map(({ message }) => message.isolation)).toEqual(Array(heard.length).fill('exclusive'));
    expect(named(heard, 'release:asyncEnd')).toHaveLength(2);
  });

  it('are not disturbed by messages of others that are none', async () => {
    await create()((r) => r.ping());
    const uncaught: unknown[] = [];
    const note = (error: unknown) => void uncaught.push(error);
    process.on('uncaughtException', note);
    for (const message of [undefined, null, 'x', {}, { add: 1 }])
      channel('with-redis:instances').publish(message);
    await new Promise(setImmediate);
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });

  it('tell of each connection that is opened, and of one that cannot be', async () => {
    const heard = listen('connect');
    await create()((r) => r.ping());
    const refused = create({ url: 'redis://127.0.0.1:1' });
    const { error } = await outcomeOf(refused((r) => r.ping()));
    expect(heard.map(({ what }) => what)).toEqual([
      ...['connect:start', 'connect:end', 'connect:asyncStart', 'connect:asyncEnd'],
      ...['connect:start', 'connect:end', 'connect:error', 'connect:asyncStart', 'connect:asyncEnd'],
    ]);
    expect(named(heard, 'connect:error')[0]?.message.error).toMatchObject({
      cause: (error as Error).cause,
    });
  });

  it('keep the context of a caller who waits, although another scope serves it', async () => {
    const cache = create({ maxConnections: 1 });
    const heard = listen('scope', 'acquire', 'release');
    const call = (name: string) =>
      callers.run(name, () =>
        cache(name, async () => {
          expect(callers.getStore()).toBe(name);
          await sleep(5);
          return callers.getStore();
        }),
      );
    expect(await Promise.all([call('one'), call('two'), call('three')])).toEqual(['one', 'two', 'three']);
    expect(heard.filter(({ message, context }) => message.label !== context)).toEqual([]);
  });

  it('lend the function a context that is bound to the start of the scope', async () => {
    const cache = create();
    const bound = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<unknown, TraceMessage>('with-redis:scope');
    start.bindStore(bound, (message) => `inside ${(message as TraceMessage).label}`);
    undo.push(() => void start.unbindStore(bound));
    expect(await cache('bound', async (r) => r.ping().then(() => bound.getStore()))).toBe('inside bound');
  });

  it('call the function through what a subscriber sets at the start', async () => {
    const cache = create({ nested: 'detect' });
    const { start } = tracingChannel<unknown, TraceMessage>('with-redis:scope');
    const around = (message: unknown) => {
      (message as TraceMessage).run = (fn) => callers.run('around', fn);
    };
    start.subscribe(around);
    undo.push(() => void start.unsubscribe(around));
    expect(await cache(async (r) => r.ping().then(() => callers.getStore()))).toBe('around');
  });

  it('change nothing about how a scope ends when it is aborted between two steps', async () => {
    const cache = create();
    const heard = listen(...OPERATIONS);
    const controller = new AbortController();
    const acquires = tracingChannel<unknown, TraceMessage>('with-redis:acquire');
    const abort = () => controller.abort('enough');
    acquires.asyncEnd.subscribe(abort);
    undo.push(() => void acquires.asyncEnd.unsubscribe(abort));
    const { error } = await outcomeOf(cache((r) => r.ping(), { signal: controller.signal }));
    expect(error).toBe('enough');
    expect(named(heard, 'acquire:asyncEnd')).toHaveLength(1);
    expect(named(heard, 'scope:error')).toHaveLength(1);
  });

  it('tell of one end of a wait that was over when the call was aborted', async () => {
    const controller = new AbortController();
    const cache = create({ observer: { onAcquire: () => controller.abort('enough') } });
    const heard = listen('acquire');
    const { error } = await outcomeOf(cache.acquire({ signal: controller.signal }));
    expect(error).toBe('enough');
    expect(heard.map(({ what }) => what)).toEqual([
      ...['acquire:start', 'acquire:end', 'acquire:asyncStart', 'acquire:asyncEnd'],
    ]);
  });
});
