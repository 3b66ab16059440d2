import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, connect as dial } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually, outcomeOf, SOURCES, useInstances, useServer } from '../support/harness.js';

const first = useServer();
const second = useServer();

/** The second server at another address, at the first one's port: what a name leads to after a failover by DNS. */
async function secondAt(address: string) {
  const forwarder = createServer((client) => {
    const server = dial(second.server.port, second.server.host);
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    client.on('close', () => server.destroy());
  });
  forwarder.listen(first.server.port, address);
  await once(forwarder, 'listening');
  return forwarder;
}

type Resolved = (error: null, address: unknown, family?: number) => void;

describe.each(SOURCES)('a server that is not where or what it was, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: first.url, pool }));
  afterEach(() => vi.restoreAllMocks());

  it('a name that leads to another address: new connections go there, old ones live out their time', async () => {
    let address = '127.0.0.1';
    const forwarder = await secondAt('127.0.0.2');
    // Nobody may change the name service of the machine for a test.
    vi.spyOn(dns, 'lookup').mockImplementation(((
      _name: string,
      { all }: { all?: boolean },
      done: Resolved,
    ) => {
      if (all) done(null, [{ address, family: 4 }]);
      else done(null, address, 4);
    }) as never);
    await first.observer.command('SET', 'who', 'first');
    await second.observer.command('SET', 'who', 'second');
    const withRedis = create({
      url: `redis://database.test:${first.server.port}`,
      pool: pool && { maxLifetimeMs: 100 },
    });
    expect(await withRedis((r) => r.get('who'))).toBe('first');
    address = '127.0.0.2';
    const seen = await eventually(
      () => withRedis((r) => r.get('who')),
      (who) => who === 'second',
      2_000,
    );
    expect(seen).toBe('second');
    await withRedis.close();
    forwarder.close();
    await once(forwarder, 'close');
    expect(await first.clients()).toEqual([]);
  });

  it('a server that pauses its clients: calls end at their deadline, and go on when it does', async () => {
    const withRedis = create({ releaseTimeoutMs: 100 });
    await withRedis((r) => r.set('paused', 'no'));
    await first.observer.command('CLIENT', 'PAUSE', 600, 'ALL');
    const outcomes = await Promise.all(
      (['exclusive', 'shared', 'auto'] as const).map((isolation) =>
        outcomeOf(withRedis((r) => r.get('paused'), { isolation, deadlineMs: 150 })),
      ),
    );
    for (const { error } of outcomes)
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_DEADLINE_EXCEEDED' });
    expect(await withRedis((r) => r.get('paused'))).toBe('no');
  });

  it('a master that is made a replica by hand: a write is refused, and repeated until there is a master', async () => {
    const withRedis = create();
    await first.observer.command('REPLICAOF', second.server.host, second.server.port);
    const { error } = await outcomeOf(withRedis((r) => r.set('k', 1)));
    expect((error as Error).message).toMatch(/^READONLY/);
    const attempts: number[] = [];
    const repeated = withRedis(
      (r, { attempt }) => {
        attempts.push(attempt);
        return r.set('k', 2);
      },
      { retry: { attempts: 1_000, delayMs: 10, factor: 1 } },
    );
    await eventually(
      () => attempts.length,
      (length) => length > 2,
    );
    await first.observer.command('REPLICAOF', 'NO', 'ONE');
    expect(await repeated).toBe('OK');
    expect(await first.observer.command('GET', 'k')).toBe('2');
  });
});
