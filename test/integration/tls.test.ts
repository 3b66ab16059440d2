import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectError } from '../../src/index.js';
import { outcomeOf, SOURCES, useInstances, useServer } from '../support/harness.js';
import { startRedisServer } from '../support/redis-server.js';
import { startTlsServer, type TlsServer } from '../support/tls-server.js';

describe.each(SOURCES)('TLS, $source', ({ pool }) => {
  const create = useInstances({ pool });
  const servers: Record<string, TlsServer> = {};
  beforeAll(async () => {
    servers.good = await startTlsServer({});
    servers.expired = await startTlsServer({ expired: true });
    servers.strict = await startTlsServer({ clients: true });
  });
  afterAll(async () => {
    for (const server of Object.values(servers)) await server.stop();
  });
  const of = (name: string) => servers[name] as TlsServer;

  it('connects with rediss:// to a server whose authority it knows', async () => {
    const { url, certificate } = of('good');
    const withRedis = create({ url, redis: { tls: { ca: certificate.cert } } });
    expect(await withRedis((r) => r.set('tls', '1'))).toBe('OK');
    await expect(withRedis((r) => r.multi().get('tls').exec())).resolves.toEqual([[null, '1']]);
  });

  it.each(['exclusive', 'shared', 'auto'] as const)(
    'reads whole what comes in many pieces, on several connections at once, %s',
    async (isolation) => {
      const { url, certificate } = of('good');
      const redis = { tls: { ca: certificate.cert } };
      const withRedis = create({ url, redis, isolation, maxConnections: 3 });
      const large = (id: number) => Buffer.alloc(300_000 + id, `${id}:`);
      const readBack = (id: number) =>
        withRedis(async (r) => {
          await r.set(`large:${id}`, large(id));
          const all = await r.pipeline().getBuffer(`large:${id}`).echo(`after ${id}`).exec();
          return all?.map(([, value]) => value);
        });
      const read = await Promise.all(Array.from({ length: 12 }, (_, id) => readBack(id)));
      for (const [id, [value, echo]] of (read as [Buffer, string][]).entries()) {
        expect(value.equals(large(id))).toBe(true);
        expect(echo).toBe(`after ${id}`);
      }
    },
  );

  it.each([
    ['self-signed', 'good', undefined, /SELF_SIGNED/],
    ['expired', 'expired', 'ca', /CERT_HAS_EXPIRED/],
  ])(
    'refuses a certificate that is %s at once, with the reason, and does not try again',
    async (_, name, trust, code) => {
      const { url, certificate } = of(name);
      const tls = trust ? { ca: certificate.cert } : {};
      const withRedis = create({
        url,
        redis: { tls },
        retry: { attempts: 5, delayMs: 1_000, idempotent: true },
      });
      const startedAt = performance.now();
      const { error } = await outcomeOf(withRedis((r) => r.ping()));
      expect(performance.now() - startedAt).toBeLessThan(900);
      expect(error).toBeInstanceOf(ConnectError);
      expect(error).toMatchObject({ permanent: true, cause: { code: expect.stringMatching(code) } });
    },
  );

  it('shows a client certificate where the server wants one', async () => {
    const { url, certificate } = of('strict');
    const { cert, key } = certificate;
    const withRedis = create({ url, redis: { tls: { ca: cert, cert, key } } });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    const without = create({ url, redis: { tls: { ca: cert } } });
    expect((await outcomeOf(without((r) => r.ping()))).error).toBeInstanceOf(ConnectError);
  });

  it('checks the name that was dialled', async () => {
    const { url, certificate } = of('good');
    const tls = { ca: certificate.cert, servername: 'elsewhere.example' };
    const { error } = await outcomeOf(create({ url, redis: { tls } })((r) => r.ping()));
    expect(error).toMatchObject({ permanent: true, cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  });
});

describe.each(SOURCES)('other ways to a server, $source', ({ pool }) => {
  const redis = useServer({ args: ['--unixsocket', 'redis.sock'] });
  const create = useInstances({ pool });

  it('a unix socket, by url or path', async () => {
    const path = join(redis.server.directory, 'redis.sock');
    expect(await create({ url: path })((r) => r.ping())).toBe('PONG');
    expect(await create({ redis: { path } })((r) => r.ping())).toBe('PONG');
    const { error } = await outcomeOf(create({ url: `${path}.gone` })((r) => r.ping()));
    expect(error).toMatchObject({ address: `${path}.gone`, cause: { code: 'ENOENT' } });
  });

  it('an ACL user whose name and password hold every special character', async () => {
    const [user, password] = ['us:er@x', 'p@ss:w/rd?#%&'];
    await redis.observer.command('ACL', 'SETUSER', user, 'on', `>${password}`, '~*', '&*', '+@all');
    const { port } = redis.server;
    const url = `redis://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/2`;
    const withRedis = create({ url });
    expect(String(await withRedis((r) => r.client('INFO')))).toMatch(/ db=2 /);
    expect(await withRedis((r) => r.call('ACL', 'WHOAMI'))).toBe(user);
    const wrong = create({ redis: { host: '127.0.0.1', port, username: user, password: 'wrong' } });
    const { error } = await outcomeOf(wrong((r) => r.ping()));
    expect(error).toMatchObject({
      permanent: true,
      cause: { message: expect.stringContaining('WRONGPASS') },
    });
  });

  it('a user who may do next to nothing', async () => {
    await redis.observer.command('ACL', 'SETUSER', 'reader', 'on', '>read', '~*', '+get');
    const withRedis = create({ url: `redis://reader:read@127.0.0.1:${redis.server.port}` });
    expect(await withRedis((r) => r.get('nothing'))).toBeNull();
    const { error } = await outcomeOf(withRedis((r) => r.set('nothing', '1')));
    expect(error).toMatchObject({ message: expect.stringContaining('NOPERM') });
  });

  it('a server that is full says so', async () => {
    const full = await startRedisServer({ args: ['--maxclients', '2'] });
    const withRedis = create({ url: full.url, maxConnections: 4, acquireTimeoutMs: 500 });
    const leases = await Promise.all([1, 2, 3, 4].map(() => outcomeOf(withRedis.acquire())));
    const refused = leases.filter(({ error }) => error);
    expect(refused).toHaveLength(2);
    for (const { error } of refused) {
      expect(error).toBeInstanceOf(ConnectError);
      expect(String((error as Error).cause)).toMatch(/max number of clients/);
    }
    for (const { value } of leases) await (value as { release(): Promise<void> } | undefined)?.release();
    await withRedis.close();
    await full.stop();
  });

  it('a server that restarts under the same address', async () => {
    const first = await startRedisServer({});
    const withRedis = create({ url: first.url });
    await withRedis((r) => r.ping());
    await first.stop();
    expect((await outcomeOf(withRedis((r) => r.ping()))).error).toBeInstanceOf(Error);
    const second = await startRedisServer({ port: first.port });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    await withRedis.close();
    await second.stop();
  });

  it('IPv6', async () => {
    const server = await startRedisServer({ args: ['--bind', '127.0.0.1', '::1'] });
    expect(await create({ url: `redis://[::1]:${server.port}` })((r) => r.ping())).toBe('PONG');
    await server.stop();
  });
});
