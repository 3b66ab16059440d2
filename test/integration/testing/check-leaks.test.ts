import diagnostics from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError, ConnectError, createWithRedis } from '../../../src/index.js';
import { checkLeaks, expectNoLeaks, type LeakCheckOptions, LeakError } from '../../../src/testing/index.js';
import { eventually, outcomeOf, sleep, useServer } from '../../support/harness.js';
import { startRedisServer } from '../../support/redis-server.js';
import { startTlsServer } from '../../support/tls-server.js';

const target = useServer();
const thisFile = fileURLToPath(import.meta.url);

/** What the functions under test leave open, closed after the test. */
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await eventually(target.clients, (clients) => clients.length === 0, 5_000);
});

/** `fn` gets the number of its call. */
function check(fn: (call: number) => unknown, options: LeakCheckOptions = {}) {
  let call = 0;
  return checkLeaks(() => fn(++call), { url: target.url, settleMs: 300, ...options });
}

function leave<T extends { disconnect(): unknown }>(client: T): T {
  closers.push(() => client.disconnect());
  return client;
}

async function ioredisGetter(closes: boolean): Promise<unknown> {
  const redis = leave(new Redis(target.url));
  const value = await redis.get('price');
  if (closes) redis.disconnect();
  return value;
}

async function nodeRedisGetter(closes: boolean): Promise<unknown> {
  const redis = createClient({ url: target.url });
  await redis.connect();
  const value = await redis.get('price');
  if (closes) redis.destroy();
  else closers.push(() => redis.destroy());
  return value;
}

async function rawGetter(closes: boolean, dial: (port: number) => Socket): Promise<void> {
  const socket = dial(target.server.port);
  socket.write('PING\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  if (closes) socket.destroy();
  else closers.push(() => socket.destroy());
}

const clients: readonly [string, (closes: boolean) => Promise<unknown>][] = [
  ['ioredis', ioredisGetter],
  ['node-redis', nodeRedisGetter],
  ['net.connect', (closes) => rawGetter(closes, (port) => connect(port, '127.0.0.1'))],
  ['new Socket', (closes) => rawGetter(closes, (port) => new Socket().connect(port, '127.0.0.1'))],
];

describe.each(clients)('a getter on %s', (_, getter) => {
  it('that never closes leaks one connection a call, and its line is named', async () => {
    const report = await check(() => getter(false), { calls: 40 });
    expect(report).toMatchObject({ ok: false, perCall: 1, calls: 40, errors: { count: 0 } });
    const { before, after, peak, samples, opened } = report.connections;
    expect({ before, after, peak, opened }).toEqual({ before: 20, after: 60, peak: 60, opened: 40 });
    expect(samples).toHaveLength(41);
    expect(report.warmup.samples).toHaveLength(21);
    expect([report.warmup.samples[0], report.warmup.samples.at(-1)]).toEqual([0, 20]);
    expect(report.leaked).toHaveLength(40);
    const ports = (await target.clients()).map(({ addr }) => Number(addr.split(':').at(-1)));
    for (const { localPort, ageMs, stack, confirmed } of report.leaked) {
      expect(stack).toContain(`${thisFile}:`);
      expect(ports).toContain(localPort);
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(confirmed).toBe(true);
    }
  });

  it('that closes does not leak', async () => {
    const report = await check(() => getter(true), { calls: 40 });
    expect(report).toMatchObject({ ok: true, perCall: 0, calls: 40, leaked: [] });
    expect(report.connections).toMatchObject({ after: 0, opened: 40 });
  });
});

describe('a leak', () => {
  it('of one call in ten is found with the default number of calls', async () => {
    const report = await check((call) => ioredisGetter(call % 10 !== 0));
    expect(report.ok).toBe(false);
    expect(report.perCall).toBeCloseTo(0.1, 1);
    expect(report.leaked.length).toBeGreaterThanOrEqual(20);
  });

  it('on the error path alone is found, and the errors are counted', async () => {
    const failure = new Error('bad value');
    const report = await check(async (call) => {
      const redis = leave(new Redis(target.url));
      await redis.ping();
      if (call % 4 === 0) throw failure;
      redis.disconnect();
    });
    expect(report).toMatchObject({ ok: false, errors: { count: report.calls / 4, first: failure } });
    expect(report.perCall).toBeCloseTo(0.25, 1);
  });

  it('is told from the frames below a timer, where the stack of JavaScript ends', async () => {
    const report = await check(
      async function dialsLater() {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const redis = leave(new Redis(target.url, { lazyConnect: true }));
        await new Promise((resolve) => setTimeout(() => redis.ping().then(resolve), 1));
      },
      { calls: 25 },
    );
    expect(report.ok).toBe(false);
    for (const { stack } of report.leaked) expect(stack.split('\n')[0]).toContain(thisFile);
  });

  it('ends before the server is out of connections', async () => {
    await target.observer.command('CONFIG', 'SET', 'maxclients', 120);
    try {
      const report = await check(() => ioredisGetter(false), { calls: 500 });
      expect(report.ok).toBe(false);
      expect(report.calls).toBeLessThan(110);
      expect(report.connections.after).toBeLessThan(115);
    } finally {
      await target.observer.command('CONFIG', 'SET', 'maxclients', 10_000);
    }
  });

  it('on a small server is found with the calls that it has room for', async () => {
    await target.observer.command('CONFIG', 'SET', 'maxclients', 30);
    try {
      const report = await checkLeaks(() => ioredisGetter(false), { url: target.url, settleMs: 100 });
      expect(report).toMatchObject({ ok: false, perCall: 1 });
      expect(report.reason).toMatch(/stayed open after \d+ calls/);
    } finally {
      await target.observer.command('CONFIG', 'SET', 'maxclients', 10_000);
    }
  });

  it('over TLS is found', async () => {
    const secure = await startTlsServer();
    const { port, certificate } = secure;
    const getter = async () => {
      const redis = leave(new Redis(port, { tls: { ca: certificate.cert } }));
      await redis.ping();
    };
    const report = await check(getter, { url: secure.server.url, calls: 30 });
    expect(report).toMatchObject({ ok: false, perCall: 1 });
    expect(report.leaked.every(({ stack, confirmed }) => confirmed && stack.includes(thisFile))).toBe(true);
    for (const close of closers.splice(0)) close();
    await secure.stop();
  });

  it('over a unix socket is found, and has no port', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'with-redis-unix-'));
    const path = join(folder, 'redis.sock');
    const local = await startRedisServer({ args: ['--unixsocket', path] });
    const getter = async () => void (await leave(new Redis(path)).ping());
    const report = await check(getter, { url: path, calls: 30 });
    expect(report).toMatchObject({ ok: false, perCall: 1 });
    expect(report.leaked[0]).toMatchObject({ localPort: null, confirmed: false });
    for (const close of closers.splice(0)) close();
    await local.stop();
    rmSync(folder, { recursive: true });
  });

  it('of a function that returns before its client dials rises with the calls all the same', async () => {
    const report = await check(() => void leave(new Redis(target.url)), {
      calls: 60,
      concurrency: 1,
      warmup: 0,
    });
    expect(report).toMatchObject({ ok: false, perCall: 1 });
    const { samples } = report.connections;
    expect(samples[30]).toBeGreaterThan(20);
    expect(samples[30]).toBeLessThan(40);
  });

  it('makes expectNoLeaks throw with the report', async () => {
    const run = expectNoLeaks(() => ioredisGetter(false), { url: target.url, calls: 30, settleMs: 50 });
    const { error } = await outcomeOf(run);
    expect(error).toBeInstanceOf(LeakError);
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_LEAK', report: { ok: false, perCall: 1 } });
    expect((error as Error).message).toMatch(/^30 connections stayed open after 30 calls \(1 per call\)\n/);
    expect((error as Error).message).toContain(`${thisFile}:`);
  });
});

describe('what has shown nothing', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'every call failed, the first with Error: no price',
      async () => {
        await ioredisGetter(true);
        throw new Error('no price');
      },
    ],
    ['no call opened a connection, or used one', async () => 1],
  ])('is inconclusive: %s', async (reason, fn) => {
    const report = await check(fn, { calls: 20 });
    expect(report).toMatchObject({ ok: false, verdict: 'inconclusive', reason, leaked: [], perCall: 0 });
  });

  it('makes expectNoLeaks throw, with what the first call threw', async () => {
    const cause = new Error('no price');
    const run = expectNoLeaks(() => Promise.reject(cause), { url: target.url, calls: 20 });
    const { error } = await outcomeOf(run);
    expect(error).toBeInstanceOf(LeakError);
    expect(error).toMatchObject({ cause, report: { verdict: 'inconclusive' } });
    expect((error as Error).message).toMatch(/^inconclusive: every call failed/);
  });

  it('ends where the server answers that it is full', async () => {
    const report = await check(
      async (call) => {
        await ioredisGetter(true);
        if (call > 30) throw new Error('ERR max number of clients reached');
      },
      { calls: 100 },
    );
    expect(report).toMatchObject({ ok: false, verdict: 'inconclusive' });
    expect(report.reason).toMatch(/^the server had no room for more connections after \d\d calls$/);
    expect(report.calls).toBeLessThan(40);
  });
});

describe('no leak is', () => {
  it.each([20, 0])('a pool that stays as it is, or fills, after %i calls of warm-up', async (warmup) => {
    const cache = createWithRedis({ url: target.url, pool: true, maxConnections: 10 });
    const report = await check(() => cache((redis) => redis.ping().then(() => sleep(2))), { warmup });
    expect(report).toMatchObject({ ok: true, perCall: 0, connections: { after: 10 }, leaked: [] });
    await cache.close();
  });

  it('a pool that grows by one connection a call, up to its maximum, during the calls', async () => {
    const pool: Redis[] = [];
    let turn = 0;
    const report = await check(
      () => {
        if (pool.length < 60) pool.push(leave(new Redis(target.url)));
        turn += 1;
        return pool[turn % pool.length]!.ping();
      },
      { calls: 130, warmup: 0 },
    );
    expect(report).toMatchObject({ ok: true, connections: { after: 60 }, leaked: [] });
  });

  it('a pool whose connections are replaced', async () => {
    const pool: Redis[] = [];
    const report = await check(
      async (call) => {
        pool[call % 5] ??= leave(new Redis(target.url));
        const redis = pool[call % 5]!;
        await redis.ping();
        if (call % 20 === 0 && redis.status === 'ready') {
          redis.disconnect();
          delete pool[call % 5];
        }
      },
      { calls: 60, concurrency: 1 },
    );
    expect(report).toMatchObject({ ok: true, leaked: [] });
  });

  it('a connection that takes its time to close', async () => {
    const report = await check(
      async () => {
        const redis = leave(new Redis(target.url));
        await redis.ping();
        setTimeout(() => redis.disconnect(), 300);
      },
      { calls: 60, settleMs: 10_000 },
    );
    expect(report).toMatchObject({ ok: true, leaked: [], connections: { after: 0 } });
    expect(report.connections.peak).toBeGreaterThan(30);
  });

  it('a timer that goes on for a while, and it is not called a connection that is open', async () => {
    const poll = (times: number): void => {
      if (times > 0) setTimeout(poll, 100, times - 1);
    };
    const report = await check(async () => {
      await ioredisGetter(true);
      poll(8);
    });
    expect(report).toMatchObject({ ok: true, connections: { after: 0 } });
    expect(report.notes.join('\n')).not.toContain('are open');
  });

  it('what others do on the same server, or in this process before', async () => {
    const mine = new Redis(target.url);
    await mine.ping();
    const others = Array.from({ length: 3 }, () => target.observer.command('CLIENT', 'ID'));
    const report = await check(() => mine.ping(), { calls: 30 });
    expect(report).toMatchObject({ ok: true, connections: { before: 0, after: 0, peak: 0, opened: 0 } });
    await Promise.all(others);
    mine.disconnect();
  });
});

describe('the check', () => {
  it('leaves nothing behind', async () => {
    const { connect: original } = Socket.prototype;
    const { signal } = new AbortController();
    const handles = process.getActiveResourcesInfo().length;
    await check(() => ioredisGetter(true), { calls: 10, signal });
    expect(Socket.prototype.connect).toBe(original);
    expect(diagnostics.hasSubscribers('net.client.socket')).toBe(false);
    expect(await eventually(target.clients, (rows) => rows.length === 0)).toEqual([]);
    await eventually(
      () => process.getActiveResourcesInfo().length,
      (now) => now <= handles,
      5_000,
    );
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('of the observer');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('of the observer'))],
  ])('goes on where its onProgress %s', async (_, fail) => {
    let told = 0;
    // A mock would handle what it rejects with.
    const onProgress = () => {
      told += 1;
      return fail();
    };
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const report = await check(() => ioredisGetter(true), { calls: 5, onProgress });
    process.off('unhandledRejection', unhandled);
    expect(report).toMatchObject({ verdict: 'no leak', calls: 5 });
    expect(told).toBe(5);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('runs after another one of the same process, not beside it', async () => {
    const [leaking, clean] = await Promise.all([
      check(() => ioredisGetter(false), { calls: 30 }),
      check(() => ioredisGetter(true), { calls: 30 }),
    ]);
    expect([leaking.ok, clean.ok]).toEqual([false, true]);
  });

  it('waits for a check of another copy of the package too', async () => {
    vi.resetModules();
    const other = await import('../../../src/testing/index.js');
    expect(other.checkLeaks).not.toBe(checkLeaks);
    const order: string[] = [];
    const getter = (name: string) => async () => {
      order.push(name);
      await ioredisGetter(true);
    };
    await Promise.all([
      check(getter('one'), { calls: 20 }),
      other.checkLeaks(getter('other'), { url: target.url, calls: 20, settleMs: 300 }),
    ]);
    expect(order.indexOf('other')).toBe(order.lastIndexOf('one') + 1);
  });

  it('says of a connection to another server that its own does not know it', async () => {
    const another = await startRedisServer();
    const report = await check(
      () => {
        const socket = connect(another.port, '127.0.0.1').on('error', () => undefined);
        closers.push(() => socket.destroy());
      },
      { calls: 30 },
    );
    await another.stop();
    expect(report).toMatchObject({ ok: false, perCall: 1 });
    expect(report.leaked.map(({ confirmed }) => confirmed)).toEqual(Array(30).fill(false));
  });

  it('tells what a function that hangs did until its deadline', async () => {
    const report = await check(() => new Promise(() => undefined), { deadlineMs: 200 });
    expect(report).toMatchObject({
      ok: false,
      verdict: 'inconclusive',
      reason: 'the deadline of 200 ms was over: 0 of 10 calls had ended; 0 connections were open',
    });
  });

  it('tells a leak that had shown by its end, and where the dials went', async () => {
    const controller = new AbortController();
    const report = await check(
      async (call) => {
        if (call === 120) controller.abort(new Error('enough'));
        await ioredisGetter(false);
        await sleep(5);
      },
      { signal: controller.signal, settleMs: 10 },
    );
    expect(report).toMatchObject({
      ok: false,
      verdict: 'leak',
      dials: [{ target: `127.0.0.1:${target.server.port}` }],
    });
    expect(report.perCall).toBeCloseTo(1, 0);
    expect(report.leaked[0]?.stack).toContain(thisFile);
  });

  it('takes what has just been opened for no proof at an end before the time', async () => {
    const controller = new AbortController();
    const report = await check(
      async (call) => {
        if (call === 60) controller.abort(new Error('enough'));
        await ioredisGetter(false);
      },
      { signal: controller.signal, settleMs: 60_000 },
    );
    expect(report).toMatchObject({ verdict: 'inconclusive', leaked: [] });
    expect(report.reason).toMatch(
      /^the check was ended: enough: \d+ of \d+ calls had ended; \d+ connections were open$/,
    );
  });

  it('rejects with the reason of its signal where nothing has been called', async () => {
    const reason = new Error('enough');
    expect(await outcomeOf(check(() => 1, { signal: AbortSignal.abort(reason) }))).toEqual({ error: reason });
  });

  it('rejects where there is no server', async () => {
    const { error } = await outcomeOf(check(() => 1, { url: 'redis://127.0.0.1:1' }));
    expect(error).toBeInstanceOf(ConnectError);
  });

  it.each([
    ['calls', { calls: 0 }],
    ['calls', { calls: 1.5 }],
    ['concurrency', { concurrency: 0 }],
    ['warmup', { warmup: -1 }],
    ['settleMs', { settleMs: 0 }],
    ['deadlineMs', { deadlineMs: Number.NaN }],
    ['signal', { signal: 'now' }],
    ['onProgress', { onProgress: 1 }],
    ['url', { url: 'http://localhost' }],
    ['cals', { cals: 3 }],
    ['options', 3],
  ])('refuses %s as %j before it calls anything', async (option, options) => {
    let called = 0;
    const run = checkLeaks(() => (called += 1), options as LeakCheckOptions);
    const { error } = await outcomeOf(run);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
    expect(called).toBe(0);
  });

  it('needs a server', async () => {
    vi.stubEnv('REDIS_URL', '');
    const { error } = await outcomeOf(checkLeaks(() => 1));
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION', option: 'url' });
  });

  it('refuses what is no function', async () => {
    const { error } = await outcomeOf(checkLeaks('getPrice' as never));
    expect(error).toMatchObject({ option: 'fn', message: expect.stringContaining('received') });
  });
});
