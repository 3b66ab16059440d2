import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AcquireTimeoutError, ConnectError } from '../../src/index.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { findFreePort } from '../support/free-port.js';
import { eventually, outcomeOf, SOURCES, sleep, useInstances, useServer } from '../support/harness.js';
import { startMuteServer } from '../support/mute-server.js';
import { observeRedis } from '../support/redis-observer.js';
import { startRedisServer } from '../support/redis-server.js';
import { startScriptedServer } from '../support/scripted-server.js';

const redis = useServer();
const locked = useServer({ password: 'sesame' });

describe.each(SOURCES)('A. opening a connection, $source', ({ pool }) => {
  const create = useInstances({ pool });
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  afterAll(() => proxy.close());

  it('1. a server that accepts and never answers: acquireTimeoutMs covers the handshake, and the socket is closed', async () => {
    const mute = await startMuteServer();
    const withRedis = create({ url: mute.url, acquireTimeoutMs: 200 });
    let called = false;
    const startedAt = performance.now();
    const { error } = await outcomeOf(
      withRedis(() => {
        called = true;
      }),
    );
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(called).toBe(false);
    await eventually(
      () => mute.open,
      (open) => open === 0,
      200,
    );
    expect(mute.accepts).toBe(1);
    await mute.close();
  });

  it('2. a failed open leaves no client that goes on dialling', async () => {
    const dropper = createServer((socket) => socket.destroy());
    let accepts = 0;
    dropper.on('connection', () => {
      accepts += 1;
    });
    const port = await new Promise<number>((resolve) =>
      dropper.listen(0, '127.0.0.1', () => resolve((dropper.address() as { port: number }).port)),
    );
    const withRedis = create({ url: `redis://127.0.0.1:${port}` });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => outcomeOf(withRedis((r) => r.ping()))),
    );
    for (const { error } of outcomes) expect(error).toBeInstanceOf(ConnectError);
    const after = accepts;
    expect(after).toBeLessThanOrEqual(20);
    await sleep(300);
    expect(accepts).toBe(after);
    await new Promise((resolve) => dropper.close(resolve));
  });

  it('3. no storm of dials while the server is down: one for each waiting call at most, none afterwards', async () => {
    const port = await findFreePort();
    const withRedis = create({ url: `redis://127.0.0.1:${port}`, maxConnections: 5 });
    const failures = await Promise.all(
      Array.from({ length: 50 }, () => outcomeOf(withRedis((r) => r.ping()))),
    );
    for (const { error } of failures) expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    const closed = createServer((socket) => socket.destroy());
    let dials = 0;
    closed.on('connection', () => {
      dials += 1;
    });
    await new Promise<void>((resolve) => closed.listen(port, '127.0.0.1', resolve));
    await sleep(300);
    expect(dials).toBe(0);
    const more = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(withRedis((r) => r.ping()))));
    expect(more.every(({ error }) => error instanceof ConnectError)).toBe(true);
    expect(dials).toBeLessThanOrEqual(50);
    await new Promise((resolve) => closed.close(resolve));
  });

  it('4. the cause is the real one', async () => {
    const wrong = await outcomeOf(
      create({ url: `redis://:wrong@127.0.0.1:${locked.server.port}` })((r) => r.ping()),
    );
    expect(wrong.error).toMatchObject({ cause: { message: expect.stringContaining('WRONGPASS') } });
    const none = await outcomeOf(create({ url: `redis://127.0.0.1:${locked.server.port}` })((r) => r.ping()));
    expect(none.error).toMatchObject({ cause: { message: expect.stringContaining('NOAUTH') } });
    const refused = await outcomeOf(create({ url: 'redis://127.0.0.1:1' })((r) => r.ping()));
    expect(refused.error).toMatchObject({ address: '127.0.0.1:1', cause: { code: 'ECONNREFUSED' } });
    for (const { error } of [wrong, none, refused]) {
      expect(error).toBeInstanceOf(ConnectError);
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('sesame');
    }
  });

  it('4. no password in an error, however one looks at it', async () => {
    const { inspect } = await import('node:util');
    const url = `redis://user:s3cr3t-word@127.0.0.1:${locked.server.port}/0`;
    const { error } = await outcomeOf(create({ url })((r) => r.ping()));
    expect(error).toBeInstanceOf(ConnectError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cr3t-word');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cr3t-word');
  });

  it('5. a wrong password is tried once, whatever retry says, and fails every waiter at once', async () => {
    const watched = await startFaultProxy(locked.server);
    const withRedis = create({
      url: `redis://:wrong@127.0.0.1:${watched.port}`,
      maxConnections: 1,
      retry: { attempts: 5, delayMs: 5, idempotent: true, when: () => true },
    });
    const startedAt = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => outcomeOf(withRedis((r) => r.ping()))),
    );
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    for (const { error } of outcomes) expect(error).toMatchObject({ permanent: true });
    expect(watched.accepts).toBe(1);
    await watched.close();
  });

  it('6. a database out of range is an error, and nothing is written to database 0', async () => {
    const withRedis = create({ url: redis.url, redis: { db: 99 } });
    const { error } = await outcomeOf(withRedis((r) => r.set('astray', '1')));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      permanent: true,
      cause: { message: expect.stringContaining('out of range') },
    });
    expect(await redis.observer.command('EXISTS', 'astray')).toBe(0);
  });

  it('7. a server that loads its data is waited for within the bound', async () => {
    let loading = true;
    const scripted = await startScriptedServer((command) =>
      command[0] === 'PING' && loading ? '-LOADING Redis is loading the dataset in memory\r\n' : '+OK\r\n',
    );
    const withRedis = create({ url: scripted.url, acquireTimeoutMs: 200 });
    const tooLong = await outcomeOf(withRedis(() => 'ran'));
    expect(tooLong.error).toBeInstanceOf(AcquireTimeoutError);
    setTimeout(() => {
      loading = false;
    }, 80);
    expect(await withRedis(() => 'ran')).toBe('ran');
    await withRedis.close();
    await scripted.close();
  });

  it('8. a server that is down fails the call at once, on both majors', async () => {
    const startedAt = performance.now();
    await outcomeOf(create({ url: 'redis://127.0.0.1:1' })((r) => r.ping()));
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('9. a connection that was lost is never revived', async () => {
    const withRedis = create({ url: redis.url });
    const first = await withRedis((r) => r.client('ID'));
    await outcomeOf(redis.observer.command('CLIENT', 'KILL', 'ID', first));
    const second = await withRedis((r) => r.client('ID'));
    expect(second).not.toBe(first);
  });

  it('10. an aborted waiter loses no connection, and one aborted beforehand causes no dial', async () => {
    proxy.mode = 'pass';
    const before = proxy.accepts;
    const withRedis = create({ url: proxy.url, maxConnections: 1 });
    await outcomeOf(withRedis((r) => r.ping(), { signal: AbortSignal.abort() }));
    expect(proxy.accepts).toBe(before);
    const held = await withRedis.acquire();
    const waiters = Array.from({ length: 100 }, (_, i) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), i % 5);
      return outcomeOf(withRedis((r) => r.ping(), { signal: controller.signal }));
    });
    setTimeout(() => void held.release(), 2);
    await Promise.all(waiters);
    const startedAt = performance.now();
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, pending: 0 });
  });

  it('10. an abort while dialling ends the dial where nobody else wants it', async () => {
    const mute = await startMuteServer();
    const withRedis = create({ url: mute.url, acquireTimeoutMs: 1_000 });
    const controller = new AbortController();
    setTimeout(() => controller.abort('enough'), 30);
    expect(await outcomeOf(withRedis((r) => r.ping(), { signal: controller.signal }))).toEqual({
      error: 'enough',
    });
    if (!pool)
      await eventually(
        () => mute.open,
        (open) => open === 0,
        300,
      );
    await withRedis.close({ deadlineMs: 10 });
    await eventually(
      () => mute.open,
      (open) => open === 0,
      300,
    );
    await mute.close();
  });

  it('starts to work when a server that was down comes up', async () => {
    const port = await findFreePort();
    const withRedis = create({ url: `redis://127.0.0.1:${port}` });
    await outcomeOf(withRedis((r) => r.ping()));
    const late = await startRedisServer({ port });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    await withRedis.close();
    const observer = await observeRedis(late.url);
    expect(await observer.clients()).toEqual([]);
    await observer.close();
    await late.stop();
  });
});

describe('4. secrets in the words of the server', () => {
  const create = useInstances();
  const authless = useServer({ args: ['--rename-command', 'AUTH', '', '--rename-command', 'HELLO', ''] });

  it.each([
    ['short', 'hunter2'],
    ['as long as a word', 'hunter2-hunter2'],
    ['of which the server quotes the beginning', `hunter2.${'q7'.repeat(100)}`],
    ['with the end of a line in it, which comes back as a space', `hunter\n2-${'q7'.repeat(9)}`],
  ])('a server that does not know AUTH quotes the password; we do not: %s', async (_, password) => {
    const { inspect } = await import('node:util');
    for (const username of [undefined, 'u'.repeat(121)]) {
      for (const protocol of [2, 3]) {
        const options = { host: '127.0.0.1', port: authless.server.port, username, password, protocol };
        const { error } = await outcomeOf(create({ redis: options as never })((r) => r.ping()));
        expect(error).toMatchObject({
          name: 'ConnectError',
          cause: { message: expect.stringMatching(/unknown command .*with args beginning with: \*\*\*$/) },
        });
        const shown = inspect(error, { depth: 10, showHidden: true });
        for (const part of ['hunter', 'q7q7']) expect(shown).not.toContain(part);
      }
    }
  });

  it.each<[password: string, words: string, told: string]>([
    ['password', 'ERR bad password for password, said the proxy', 'ERR bad ***'],
    ['s3cr3t-s3cr3t-s3cr3t', 'ERR no AUTH=s3cr3t-s3cr3t-s3 here', 'ERR no AUTH=***'],
    ['here', 'ERR no AUTH, not there', 'ERR no AUTH, not there'],
    ...['[AUTH ', 'password=', '<', 'auth ;', 'user/', '{"password":"', 'pass_', 'auth |'].map(
      (before): [string, string, string] => [
        's3cr3tpass',
        `ERR bad ${before}s3cr3tpass]>;/"}_| x`,
        `ERR bad ${before}***`,
      ],
    ),
    ...[']', '>', ';', '/', '"', '_', '|', '&'].map((after): [string, string, string] => [
      's3cr3tpass',
      `ERR bad s3cr3tpass${after}x`,
      'ERR bad ***',
    ]),
  ])('a proxy that quotes %s in its own words', async (password, words, told) => {
    const proxy = await startScriptedServer(([name]) => (name === 'AUTH' ? `-${words}\r\n` : '+PONG\r\n'));
    const { error } = await outcomeOf(create({ url: proxy.url, redis: { password } })((r) => r.ping()));
    expect((error as ConnectError).cause).toMatchObject({ message: told });
    expect((error as ConnectError).cause).toMatchObject({ stack: expect.not.stringContaining('s3cr3t') });
    await proxy.close();
  });
});
