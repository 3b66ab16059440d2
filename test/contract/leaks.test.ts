import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { type LeakEvent, LeaseReleasedError, type ScopedRedis } from '../../src/index.js';
import { eventually, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Until what is read is as it should be, garbage is collected. */
const collectedUntil = <T>(read: () => T, isDone: (value: T) => boolean) => {
  const collectAndRead = () => {
    collectGarbage();
    return read();
  };
  return eventually(collectAndRead, isDone, 5_000);
};

async function collectAll(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await sleep(5);
  }
}

describe.each(SOURCES)('leaks are seen, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool }));

  it('reports a scope that holds its connection for too long, who asked for it, and that it came back', async () => {
    const events: LeakEvent[] = [];
    const withRedis = create({ leakThresholdMs: 30, observer: { onLeak: (event) => events.push(event) } });
    await withRedis((r) => r.ping());
    async function theSlowGetter() {
      await withRedis('slow', () => sleep(70));
    }
    await theSlowGetter();
    expect(events).toMatchObject([
      { kind: 'held', label: 'slow' },
      { kind: 'returned', label: 'slow' },
    ]);
    expect(events[0]?.stack).toContain('theSlowGetter');
    expect(events[0]?.heldMs).toBeGreaterThanOrEqual(29);
    expect(events[1]?.heldMs).toBeGreaterThanOrEqual(69);
    expect(withRedis.stats().leaks).toBe(1);
  });

  it.each(['shared', 'auto'] as const)('sees a %s scope too', async (isolation) => {
    const events: LeakEvent[] = [];
    const withRedis = create({
      isolation: isolation as 'shared',
      leakThresholdMs: 30,
      observer: { onLeak: (event) => events.push(event) },
    });
    await withRedis(() => sleep(150));
    expect(events.map(({ kind }) => kind)).toEqual(['held', 'returned']);
  });

  it('says in the report of close() where a lease was asked for', async () => {
    const withRedis = create({ leakThresholdMs: 10_000 });
    await withRedis((r) => r.ping());
    async function holdsOnForEver() {
      return withRedis.acquire({ label: 'kept' });
    }
    const lease = await holdsOnForEver();
    const { forced } = await withRedis.close({ deadlineMs: 10 });
    expect(forced).toMatchObject([{ label: 'kept', stack: expect.stringContaining('holdsOnForEver') }]);
    await lease.release();
  });

  it('keeps no stack and no timer where nobody asks', async () => {
    const withRedis = create();
    const lease = await withRedis.acquire();
    const { forced } = await withRedis.close({ deadlineMs: 10 });
    expect(forced[0]?.stack).toBeUndefined();
    await lease.release();
  });

  it.each(['of its call', 'of its own'])(
    'sees a lost lease whose signal, %s, somebody listens to with its handle',
    async (whose) => {
      const onLeak = vi.fn();
      const withRedis = create({ maxConnections: 1, observer: { onLeak } });
      await (async () => {
        const { signal } = new AbortController();
        const lost = await withRedis.acquire({ label: 'lost', signal });
        const heard = whose === 'of its own' ? lost.signal : signal;
        heard.addEventListener('abort', () => void lost.redis.ping());
        await lost.redis.ping();
      })();
      await collectedUntil(
        () => onLeak.mock.calls.length,
        (length) => length === 1,
      );
      expect(onLeak).toHaveBeenCalledWith(expect.objectContaining({ kind: 'collected', label: 'lost' }));
    },
  );

  it('counts a lease once that was held for too long and is lost, and does not say that it came back', async () => {
    const kinds: string[] = [];
    const observer = { onLeak: ({ kind }: LeakEvent) => void kinds.push(kind) };
    const withRedis = create({ maxConnections: 1, leakThresholdMs: 30, observer });
    await (async () => {
      const lost = await withRedis.acquire();
      await lost.redis.ping();
      await sleep(60);
    })();
    await collectedUntil(
      () => kinds.length,
      (length) => length === 2,
    );
    await withRedis((r) => r.ping());
    expect(kinds).toEqual(['held', 'collected']);
    expect(withRedis.stats().leaks).toBe(1);
  });

  it('says in the report of close() where an auto scope was opened that has moved', async () => {
    const withRedis = create({ isolation: 'auto', maxConnections: 2, leakThresholdMs: 10_000 });
    async function movesAndStays() {
      await withRedis('moved', async (r) => {
        await r.watch('key');
        await new Promise(() => {});
      });
    }
    const ended = movesAndStays().catch(() => {});
    await eventually(redis.clients, (clients) => clients.some(({ cmd }) => cmd === 'watch'));
    const { forced } = await withRedis.close({ deadlineMs: 10 });
    expect(forced).toMatchObject([{ label: 'moved', stack: expect.stringContaining('movesAndStays') }]);
    await ended;
  });

  it('aborts the signal of a lease of which only the client and a listener are left', async () => {
    const withRedis = create();
    const heard = vi.fn();
    const client = await (async () => {
      const { redis: handle, signal } = await withRedis.acquire();
      signal.addEventListener('abort', heard);
      return handle;
    })();
    await collectAll();
    await withRedis.close({ deadlineMs: 10 });
    expect(heard).toHaveBeenCalledOnce();
    await expect(client.ping()).rejects.toThrow(LeaseReleasedError);
  });

  it('closes the connection of a lease that was collected, reports it, and lends on', async () => {
    const events: LeakEvent[] = [];
    const withRedis = create({ maxConnections: 1, observer: { onLeak: (event) => events.push(event) } });
    await (async () => {
      const lost = await withRedis.acquire({ label: 'lost' });
      await lost.redis.ping();
    })();
    await collectedUntil(
      () => events.length,
      (length) => length === 1,
    );
    expect(events).toMatchObject([{ kind: 'collected', label: 'lost' }]);
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(withRedis.stats()).toMatchObject({ leaks: 1, destroyed: expect.objectContaining({ leaked: 1 }) });
  });

  it.each<[what: string, use: (client: ScopedRedis) => unknown]>([
    ['a pipeline', (client) => client.pipeline().ping().exec()],
    ['a transaction', (client) => client.multi().ping().exec()],
    ['a scan', (client) => client.scanStream().toArray()],
    ['a listener', (client) => client.on('message', () => void client.status)],
    ['a subscription', (client) => client.subscribe('channel')],
  ])('holds nothing of a lease that came back, after %s', async (_what, use) => {
    const withRedis = create({ maxConnections: 1 });
    const handle = await (async () => {
      const lease = await withRedis.acquire();
      await use(lease.redis);
      await lease.release();
      return new WeakRef(lease.redis);
    })();
    await withRedis((r) => r.ping());
    await collectedUntil(
      () => handle.deref(),
      (client) => client === undefined,
    );
  });

  it('does not collect what is still held, by the lease, its client or what gives it back alone', async () => {
    const events: LeakEvent[] = [];
    const withRedis = create({ observer: { onLeak: (event) => events.push(event) } });
    const held = await withRedis.acquire();
    const { redis: client } = await withRedis.acquire();
    const [{ release }, { destroy }] = [await withRedis.acquire(), await withRedis.acquire()];
    await collectAll();
    expect(await held.redis.ping()).toBe('PONG');
    expect(await client.ping()).toBe('PONG');
    expect(events).toEqual([]);
    await release();
    await destroy();
    await held.release();
    collectGarbage();
    await sleep(5);
    expect(events).toEqual([]);
  });
});
