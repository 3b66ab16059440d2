import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AcquireTimeoutError, ConnectError } from '../../src/index.js';
import { findFreePort } from '../support/free-port.js';
import { eventually, outcomeOf, sleep, useInstances } from '../support/harness.js';
import { type MuteServer, startMuteServer } from '../support/mute-server.js';
import { observeRedis } from '../support/redis-observer.js';
import { startScriptedServer } from '../support/scripted-server.js';
import { type SentinelGroup, startSentinelGroup } from '../support/sentinel-group.js';

const host = '127.0.0.1';
const password = 'for-the-servers';
const sentinelPassword = 'for-the-sentinels';

describe('I. Sentinel as it is deployed', () => {
  let group: SentinelGroup;
  let mute: MuteServer;
  let current: { port: number };
  beforeAll(async () => {
    group = await startSentinelGroup({ password, sentinelPassword });
    mute = await startMuteServer();
    current = await group.master();
  }, 60_000);
  afterAll(async () => {
    await mute.close();
    await group.stop();
  });
  const create = useInstances();
  const redis = (more: object = {}) => ({
    sentinels: [...group.sentinels],
    name: group.name,
    password,
    sentinelPassword,
    ...more,
  });

  it.each([
    ['a connection for each call', {}],
    ['pooled', { pool: true }],
    ['shared', { isolation: 'shared' as const, pool: true }],
  ])('81. sentinels and a master with passwords of their own, %s', async (_name, options) => {
    expect(await create({ redis: redis(), ...options })((r) => r.set('k', 'v'))).toBe('OK');
  });

  it('81. an ACL user, a database, and RESP3', async () => {
    const observer = await observeRedis((await group.master()).url);
    await observer.command('ACL', 'SETUSER', 'ann', 'on', '>hers', '~*', '&*', '+@all');
    await observer.close();
    const withRedis = create({ redis: redis({ username: 'ann', password: 'hers', db: 3, protocol: 3 }) });
    expect(await withRedis((r) => r.client('INFO'))).toMatch(/ db=3 .*user=ann /);
  });

  it('81. a replica, where one is asked for', async () => {
    const replica = create({ redis: redis({ role: 'slave' }) });
    expect(await replica((r) => r.role())).toEqual(expect.arrayContaining(['slave']));
  });

  const firsts: [name: string, first: () => Promise<{ port: number; close?: () => Promise<void> }>][] = [
    ['is gone', async () => ({ port: await findFreePort() })],
    ['is mute', async () => ({ port: mute.port })],
    [
      'knows another group',
      () => startScriptedServer(([name]) => (name === 'SENTINEL' ? '*-1\r\n' : '+OK\r\n')),
    ],
    [
      'is in protected mode',
      () =>
        startScriptedServer((_command, socket) => {
          socket.end('-DENIED Redis is running in protected mode\r\n');
          return undefined;
        }),
    ],
    [
      'names a master that is none',
      async () => {
        const replica = group.servers.find(({ port }) => port !== current.port);
        const answer = `*2\r\n$9\r\n${host}\r\n$${String(replica?.port).length}\r\n${replica?.port}\r\n`;
        return startScriptedServer(([name, sub]) => {
          if (name !== 'SENTINEL') return '+OK\r\n';
          return sub?.toLowerCase() === 'get-master-addr-by-name' ? answer : '*0\r\n';
        });
      },
    ],
  ];
  it.each(firsts)('82. a first sentinel that %s costs its share of the time, once', async (_name, start) => {
    const first = await start();
    const sentinels = [{ host, port: first.port }, ...group.sentinels];
    const withRedis = create({ redis: redis({ sentinels }), acquireTimeoutMs: 2_500 });
    const startedAt = performance.now();
    expect(await withRedis((r) => r.set('k', 'v'))).toBe('OK');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const again = performance.now();
    expect(await withRedis((r) => r.set('k', 'v'))).toBe('OK');
    expect(performance.now() - again).toBeLessThan(400);
    await first.close?.();
  });

  const reasons: [name: string, more: () => object, words: RegExp, permanent: boolean][] = [
    ['a wrong sentinel password', () => ({ sentinelPassword: 'wrong' }), /WRONGPASS/, true],
    ['no sentinel password', () => ({ sentinelPassword: undefined }), /NOAUTH/, true],
    ['a wrong master password', () => ({ password: 'wrong' }), /WRONGPASS/, true],
    ['an unknown group', () => ({ name: 'nobodys' }), /no group "nobodys"/, true],
    ['nobody there', () => ({ sentinels: [{ host, port: 1 }] }), /ECONNREFUSED/, false],
  ];
  it.each(reasons)('83. %s is told at once, as what it is', async (_name, more, words, permanent) => {
    const withRedis = create({ redis: redis(more()) as never, retry: { attempts: 3, delayMs: 1 } });
    const startedAt = performance.now();
    const { error } = await outcomeOf(withRedis((r) => r.ping()));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as Error).message).toMatch(words);
    expect(error).toMatchObject({ permanent });
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain(sentinelPassword);
  });

  it('83. TLS to a plain sentinel, which says nothing, is what is asked about', async () => {
    const withRedis = create({ redis: redis({ sentinelTLS: {} }), acquireTimeoutMs: 900 });
    const { error } = await outcomeOf(withRedis((r) => r.ping()));
    expect((error as Error).message).toMatch(/no answer .*TLS/);
  });

  it('73, 83. a wait that is given up leaves no dial and no socket, and says how far it had come', async () => {
    const withRedis = create({
      redis: redis({ sentinels: [{ host, port: mute.port }] }),
      acquireTimeoutMs: 200,
    });
    const { error } = await outcomeOf(withRedis((r) => r.ping()));
    expect(error instanceof AcquireTimeoutError || error instanceof ConnectError).toBe(true);
    await withRedis.close();
    const { accepts } = mute;
    await eventually(
      () => mute.open,
      (open) => open === 0,
    );
    await sleep(300);
    expect(mute.accepts).toBe(accepts);
  });
});

describe.each([
  ['exclusive', { isolation: 'exclusive' as const }],
  ['shared', { isolation: 'shared' as const }],
])('I. Sentinel, a master that was replaced and lives, %s', (_name, { isolation }) => {
  let group: SentinelGroup;
  const create = useInstances();
  afterEach(() => group.stop());

  it('67. takes no write any more once the sentinels agree', async () => {
    group = await startSentinelGroup();
    const withRedis = create({
      redis: { sentinels: [...group.sentinels], name: group.name },
      pool: true,
      isolation,
      maxConnections: 4,
    });
    expect(await withRedis((r) => r.set('k', 'v'))).toBe('OK');
    const before = await group.master();
    await sleep(100);
    // One for the instance, whatever it holds.
    expect((await group.strangers()).filter((row) => !row.includes('hello')).length).toBeLessThanOrEqual(2);
    const observer = await observeRedis(before.url);
    await group.failover();
    const acknowledged = { old: 0, new: 0 };
    let agreedAt = Number.POSITIVE_INFINITY;
    void eventually(
      () => group.named(),
      (ports) => ports.every((port) => port !== before.port),
      10_000,
    ).then(() => {
      agreedAt = performance.now();
    });
    const until = performance.now() + 8_000;
    while (performance.now() < until && performance.now() < agreedAt + 1_500) {
      const sentAt = performance.now();
      const { value } = await outcomeOf(
        withRedis(async (r) => {
          await r.incr('counter');
          return Number(/tcp_port:(\d+)/.exec(await r.info('server'))?.[1]);
        }),
      );
      // What was sent within moments of the agreement was in flight.
      if (value === before.port && sentAt > agreedAt + 50) acknowledged.old += 1;
      if (value !== undefined && value !== before.port) acknowledged.new += 1;
      await sleep(2);
    }
    expect(acknowledged.new).toBeGreaterThan(0);
    expect(acknowledged.old).toBe(0);
    await withRedis.close();
    expect(await group.strangers()).toEqual([]);
    await observer.close();
  }, 60_000);
});
