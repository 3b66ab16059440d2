import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AcquireTimeoutError, DeadlineExceededError, type ScopedRedis } from '../../src/index.js';
import { Instance } from '../../src/instance/instance.js';
import { readOptions } from '../../src/options/settings.js';
import { realEnvironment } from '../../src/server/environment.js';
import { clientOf } from '../support/client-of.js';
import { FakeConnections } from '../support/fake-connections.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';
import { ioredisMajor } from '../support/ioredis-major.js';
import { startMuteServer } from '../support/mute-server.js';
import { runOn } from '../support/run-on.js';
import { startScriptedServer } from '../support/scripted-server.js';

const redis = useServer();
const ISOLATIONS = ['exclusive', 'shared', 'auto'] as const;

/** Keeps the event loop busy, as a large JSON does. */
function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('H. held for ever, or gone too early', () => {
  const create = useInstances(() => ({ url: redis.url, pool: true }));

  it('71. a shared scope that is aborted between grant and entry leaves nothing behind', async () => {
    const withRedis = create({ maxConnections: 1, acquireTimeoutMs: 500 });
    await withRedis((r) => r.ping());
    const controller = new AbortController();
    const exclusive = withRedis((r) => r.ping());
    const shared = outcomeOf(withRedis((r) => r.ping(), { isolation: 'shared', signal: controller.signal }));
    await exclusive;
    controller.abort('enough');
    expect(await shared).toEqual({ error: 'enough' });
    await eventually(
      () => withRedis.stats().borrowed,
      (borrowed) => borrowed === 0,
    );
    expect(await withRedis((r) => r.ping())).toBe('PONG');
  });

  it('72. who comes in the turn in which the last waiter goes is not refused', async () => {
    const withRedis = create({ isolation: 'shared' });
    const controller = new AbortController();
    const first = outcomeOf(withRedis((r) => r.ping(), { signal: controller.signal }));
    // It dials; no reply can have come in one turn.
    await turn();
    controller.abort('enough');
    const second = withRedis((r) => r.ping());
    expect(await first).toEqual({ error: 'enough' });
    expect(await second).toBe('PONG');
  });

  const UNTOUCHABLE = {
    'a revoked proxy': () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    'a proxy that throws': () => {
      const trap = () => {
        throw new Error('do not look');
      };
      return new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap });
    },
  };
  it.each(Object.entries(UNTOUCHABLE))(
    '75. %s that is thrown is passed on, and never looked into',
    async (_name, make) => {
      const retry = { attempts: 2, delayMs: 1 };
      for (const isolation of ISOLATIONS) {
        const withRedis = create({ isolation, maxConnections: 2, retry });
        const thrown = make();
        let caught: unknown;
        await withRedis(async (r) => {
          await r.set('k', 'v');
          throw thrown;
        }).catch((error: unknown) => {
          caught = error;
        });
        expect(Object.is(caught, thrown)).toBe(true);
        expect(withRedis.stats()).toMatchObject({ pending: 0 });
      }
    },
  );

  it('80. a server that speaks and closes at accept has its words passed on', async () => {
    const denied = '-DENIED Redis is running in protected mode because protected mode is enabled\r\n';
    const server = await startScriptedServer((_command, socket) => {
      socket.end(denied);
      return undefined;
    });
    const { error } = await outcomeOf(create({ url: server.url })((r) => r.ping()));
    await server.close();
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONNECT' });
    expect((error as Error).message).toContain('DENIED Redis is running in protected mode');
  });

  it.each(['AUTH', 'SELECT', 'CLIENT', 'PING'])(
    '80. LOADING in reply to %s is waited for',
    async (command) => {
      let loading = 2;
      const server = await startScriptedServer(([name]) => {
        if (name === command && loading-- > 0) return '-LOADING Redis is loading the dataset in memory\r\n';
        return name === 'PING' ? '+PONG\r\n' : '+OK\r\n';
      });
      const withRedis = create({ url: server.url, redis: { password: 'p', db: 1 } });
      expect(await withRedis((r) => r.set('k', 'v'))).toBe('OK');
      await withRedis.close();
      await server.close();
    },
  );

  // Only 6 knows RESP3.
  it.runIf(ioredisMajor === 6)('80. LOADING in reply to HELLO is waited for', async () => {
    let loading = 2;
    const server = await startScriptedServer(([name]) => {
      if (name !== 'HELLO') return name === 'PING' ? '+PONG\r\n' : '+OK\r\n';
      return loading-- > 0 ? '-LOADING Redis is loading the dataset in memory\r\n' : '%1\r\n+proto\r\n:3\r\n';
    });
    const withRedis = create({ url: server.url, redis: { protocol: 3 } as object });
    expect(await withRedis((r) => r.set('k', 'v'))).toBe('OK');
    expect(loading).toBe(-1);
    await withRedis.close();
    await server.close();
  });

  it.runIf(ioredisMajor === 6)('80. it is dialled with growing pauses while it loads', async () => {
    let asked = 0;
    const server = await startScriptedServer(([name]) => {
      if (name === 'HELLO') asked += 1;
      return '-LOADING Redis is loading the dataset in memory\r\n';
    });
    const options = { url: server.url, redis: { protocol: 3 } as object, acquireTimeoutMs: 1_500 };
    expect((await outcomeOf(create(options)((r) => r.ping()))).error).toBeInstanceOf(AcquireTimeoutError);
    // After 10, 20, 40, … ms: eight in that time. Every 50 ms it were thirty.
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThanOrEqual(10);
    await server.close();
  });

  it('80. a wait that is over says how far the dial had come', async () => {
    const mute = await startMuteServer();
    const { error } = await outcomeOf(create({ url: mute.url, acquireTimeoutMs: 100 })((r) => r.ping()));
    await mute.close();
    expect((error as Error).message).toMatch(
      new RegExp(`127.0.0.1:${mute.port} accepted the connection, and did not answer .*TLS`),
    );
  });

  it.each(ioredisMajor === 6 ? [2, 3] : [2])(
    '80. a wait that is over says that the server still loads, RESP%d',
    async (protocol) => {
      const server = await startScriptedServer(() => '-LOADING Redis is loading the dataset in memory\r\n');
      const options = { url: server.url, redis: { protocol } as object, acquireTimeoutMs: 200 };
      const { error } = await outcomeOf(create(options)((r) => r.ping()));
      await server.close();
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      expect((error as Error).message).toMatch(
        new RegExp(`127.0.0.1:${server.port}: LOADING Redis is loading`),
      );
    },
  );

  it('80. a wait that is over says that there is no TLS', async () => {
    const mute = await startMuteServer();
    const url = mute.url.replace('redis:', 'rediss:');
    const { error } = await outcomeOf(create({ url, acquireTimeoutMs: 100 })((r) => r.ping()));
    await mute.close();
    expect((error as Error).message).toMatch(/did not accept the connection with TLS/);
  });

  it('80. a wait on scopes that do nothing says what they seem to wait for', async () => {
    const withRedis = create({ maxConnections: 1, acquireTimeoutMs: 50 });
    const { error } = await outcomeOf(withRedis(() => withRedis((r) => r.ping())));
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect((error as Error).message).toMatch(/seem to wait for a connection of their own.*nested/);
  });
});

describe('G. one address, another primary', () => {
  const create = useInstances();

  it.each(ISOLATIONS)('66. one READONLY reply ends the connections of its time, %s', async (isolation) => {
    const replica = new Set<unknown>();
    let moved = false;
    const server = await startScriptedServer(([name], socket) => {
      if (!moved) replica.add(socket);
      if (name === 'PING') return '+PONG\r\n';
      return name === 'SET' && moved && replica.has(socket)
        ? "-READONLY You can't write against a read only replica.\r\n"
        : '+OK\r\n';
    });
    const withRedis = create({ url: server.url, pool: true, isolation, maxConnections: 3 });
    await Promise.all([1, 2, 3].map(() => withRedis((r) => r.set('k', 'v').then(() => sleep(5)))));
    moved = true;
    const { error } = await outcomeOf(withRedis((r) => r.set('k', 'v')));
    expect((error as Error).message).toMatch(/^READONLY/);
    for (let call = 0; call < 5; call += 1) expect(await withRedis((r) => r.set('k', 'v'))).toBe('OK');
    await withRedis.close();
    await server.close();
  });

  it('66. a transaction that was refused so counts too', async () => {
    let isReplica = true;
    const server = await startScriptedServer(([name]) => {
      if (name === 'PING') return '+PONG\r\n';
      if (name === 'EXEC') {
        const refused = isReplica;
        isReplica = false;
        return refused ? "*1\r\n-READONLY You can't write against a read only replica.\r\n" : '*1\r\n+OK\r\n';
      }
      return name === 'SET' ? '+QUEUED\r\n' : '+OK\r\n';
    });
    const withRedis = create({ url: server.url, pool: true });
    await outcomeOf(withRedis((r) => r.multi().set('k', 'v').exec()));
    await withRedis((r) => r.multi().set('k', 'v').exec());
    expect(withRedis.stats().created).toBe(2);
    await withRedis.close();
    await server.close();
  });

  it('66. a replica that is meant is not dialled in a storm', async () => {
    const withRedis = create({ url: redis.url, pool: true });
    await redis.observer.command('REPLICAOF', '127.0.0.1', 1);
    try {
      for (let call = 0; call < 200; call += 1) {
        await outcomeOf(withRedis((r) => r.set('k', 'v')));
        await sleep(1);
      }
      expect(withRedis.stats().created).toBeLessThanOrEqual(6);
    } finally {
      await redis.observer.command('REPLICAOF', 'NO', 'ONE');
    }
  });
});

describe('H. time', () => {
  const create = useInstances(() => ({ url: redis.url, pool: true }));

  it('76. a wall clock that is set back makes no new connection distrusted', async () => {
    const proxy = await startFaultProxy(redis.server);
    const withRedis = create({ url: proxy.url, pool: { validateAfterIdleMs: 1 }, maxConnections: 2 });
    await withRedis((r) => r.ping());
    await sleep(20);
    proxy.freeze();
    const wall = Date.now();
    const now = vi.spyOn(Date, 'now').mockImplementation(() => wall - 10_000);
    try {
      for (let call = 0; call < 20; call += 1) expect(await withRedis((r) => r.ping())).toBe('PONG');
      expect(proxy.accepts).toBeLessThanOrEqual(3);
    } finally {
      now.mockRestore();
      await withRedis.close();
      await proxy.close();
    }
  });

  it('76. what opens well and is of no use is opened with growing pauses', async () => {
    const connections = new FakeConnections(
      (_label, produce) => new Promise((resolve) => setImmediate(() => resolve(produce()))),
      () => false,
    );
    const stillborn = Object.create(connections) as FakeConnections;
    stillborn.dial = () => {
      const dial = connections.dial();
      dial.promise.then((connection) => connections.lose(connection));
      return dial;
    };
    const environment = { ...realEnvironment, createDriver: () => stillborn };
    const instance = new Instance(
      readOptions({ url: 'redis://fake', pool: true, acquireTimeoutMs: 400 }),
      environment,
    );
    expect((await outcomeOf(runOn(instance, () => 1))).error).toBeInstanceOf(AcquireTimeoutError);
    expect(connections.dials).toBeLessThan(20);
    await instance.close();
  });

  it('77. limits strike again after fake timers were put away', async () => {
    const withRedis = create();
    await withRedis((r) => r.ping());
    vi.useFakeTimers();
    const faked = withRedis(() => 1, { deadlineMs: 400, acquireTimeoutMs: 401 });
    vi.useRealTimers();
    expect(await faked).toBe(1);
    const { error } = await outcomeOf(withRedis(() => new Promise(() => {}), { deadlineMs: 400 }));
    expect(error).toBeInstanceOf(DeadlineExceededError);
  });

  it('78. a busy event loop is not taken for a dead server', async () => {
    const withRedis = create({ pool: { validateAfterIdleMs: 1 }, maxConnections: 4 });
    const four = (fn: (r: ScopedRedis) => unknown) =>
      Promise.all([1, 2, 3, 4].map(() => withRedis((r) => fn(r))));
    let pings = 0;
    await four(async (r) => {
      const client = clientOf(r);
      const { ping } = client;
      client.ping = (...args: unknown[]) => {
        const reply = ping.apply(client, args);
        pings += 1;
        // All PINGs are written, and nothing has been read since.
        if (pings === 4) queueMicrotask(() => stall(350));
        return reply;
      };
      await sleep(5);
    });
    await sleep(20);
    const again = four((r) => r.ping());
    expect(await again).toEqual(['PONG', 'PONG', 'PONG', 'PONG']);
    expect(withRedis.stats()).toMatchObject({ created: 4, destroyed: {} });
  });

  it('78. a reply that came before a deadline counts, though it is read after it', async () => {
    const withRedis = create();
    const value = await withRedis(
      async (r) => {
        await r.ping();
        const reply = r.echo('in time');
        stall(150);
        return reply;
      },
      { deadlineMs: 100 },
    );
    expect(value).toBe('in time');
  });

  it('79. a connection far away is reused: its PING may take what its round trips took', async () => {
    const proxy = await startFaultProxy(redis.server);
    proxy.mode = { delayMs: 280 };
    const withRedis = create({ url: proxy.url, pool: { validateAfterIdleMs: 1 } });
    for (let call = 0; call < 3; call += 1) {
      await withRedis((r) => r.ping());
      await sleep(15);
    }
    expect(withRedis.stats().created).toBe(1);
    await withRedis.close();
    await proxy.close();
  });

  it('limits longer than a timer can be do not strike at once', async () => {
    const year = 366 * 24 * 3_600_000;
    const withRedis = create({ deadlineMs: year, acquireTimeoutMs: year, pool: { idleTimeoutMs: year } });
    expect(await withRedis((r) => sleep(20).then(() => r.ping()))).toBe('PONG');
  });
});

describe('what is not said', () => {
  let errors: unknown[];
  beforeEach(() => {
    errors = [];
    vi.spyOn(console, 'error').mockImplementation((...said) => void errors.push(...said));
  });
  afterEach(() => vi.restoreAllMocks());

  it('an ioredis without what leases rely on is refused by name when a client is made', async () => {
    const settings = readOptions({ url: redis.url });
    const instance = new Instance(settings, realEnvironment);
    const client = await runOn(instance, (r) => clientOf(r));
    const prototype = Object.getPrototypeOf(client);
    const { multi } = prototype;
    prototype.multi = undefined;
    try {
      const another = new Instance(readOptions({ url: redis.url }), realEnvironment);
      const { error } = await outcomeOf(runOn(another, (r) => r.ping()));
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION' });
      expect((error as Error).message).toMatch(/ioredis .* lacks multi/);
      await another.close();
    } finally {
      prototype.multi = multi;
      await instance.close();
    }
    expect(errors).toEqual([]);
  });
});
