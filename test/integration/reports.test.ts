import { describe, expect, it } from 'vitest';
import { createWithRedis } from '../../src/index.js';
import { outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';
import { startScriptedServer } from '../support/scripted-server.js';

/** What broke other clients in the same place, by public reports. */
describe.each(['exclusive', 'shared', 'auto'] as const)('reports of other clients, %s', (isolation) => {
  const redis = useServer();
  const create = useInstances(() => ({ url: redis.url, pool: true, isolation, maxConnections: 2 }));

  // valkey-io/valkey-glide#7005: marks were cleared by a command that the server refused.
  // It needs a WATCH, which a shared scope refuses.
  it.skipIf(isolation === 'shared')('WATCH outlives a DISCARD that was refused, and is undone', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      await r.watch('watched');
      await expect(r.discard()).rejects.toThrow('DISCARD without MULTI');
    });
    await redis.observer.command('SET', 'watched', 'changed');
    const replies = await Promise.all(
      [1, 2].map(() => withRedis((r) => r.multi().set('own', 1).exec(), { isolation: 'exclusive' })),
    );
    expect(replies).toEqual([[[null, 'OK']], [[null, 'OK']]]);
  });

  // redis/redis-py#185, #413, redis/ioredis#1622: a reply that nobody waited for any more went to the next command.
  it('a reply that comes after commandTimeout goes to nobody', async () => {
    const withRedis = create({ redis: { commandTimeout: 50 }, releaseTimeoutMs: 400 });
    await withRedis((r) => r.set('mine', 'mine'));
    redis.server.pause();
    const late = await outcomeOf(withRedis((r) => r.echo('late')));
    expect((late.error as Error).message).toContain('timed out');
    redis.server.resume();
    for (let round = 0; round < 4; round++) expect(await withRedis((r) => r.get('mine'))).toBe('mine');
  });

  // redis/redis-py#4121: a release that was given up kept its connection.
  // It needs a WATCH, which a shared scope refuses.
  it.skipIf(isolation === 'shared')('an abort in the turn of a release leaves nothing held', async () => {
    const withRedis = create();
    const controller = new AbortController();
    const call = withRedis(
      async (r) => {
        await r.watch('watched');
        process.nextTick(() => controller.abort('enough'));
        return 'value';
      },
      { signal: controller.signal },
    );
    await outcomeOf(call);
    await sleep(20);
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(await withRedis((r) => r.multi().set('own', 1).exec())).toEqual([[null, 'OK']]);
  });

  // redis/go-redis#3800: what was refused when it was queued is told, and the connection stays in step.
  it('a transaction tells what was refused when it was queued', async () => {
    const withRedis = create();
    const { error } = await outcomeOf(withRedis((r) => r.multi().set('a', 1).call('SET', 'a').exec()));
    expect(error).toMatchObject({
      message: expect.stringContaining('EXECABORT'),
      previousErrors: [{ message: expect.stringContaining('wrong number of arguments') }],
    });
    expect(await withRedis((r) => r.echo('in step'))).toBe('in step');
  });
});

// redis/ioredis#965, #1084: ElastiCache ends the connection right after READONLY, in the middle of a transaction.
it.each(['exclusive', 'shared', 'auto'] as const)(
  'a transaction that is cut in the middle is not sent again, and shifts no reply, %s',
  async (isolation) => {
    let cuts = 1;
    const server = await startScriptedServer(([name, text], socket) => {
      if (name === 'PING') return '+PONG\r\n';
      if (name === 'MULTI') return '+OK\r\n';
      if (name === 'DEL' && cuts-- > 0) {
        socket.end("-READONLY You can't write against a read only replica.\r\n");
        return undefined;
      }
      if (name === 'ECHO') return `$${String(text).length}\r\n${text}\r\n`;
      return '+OK\r\n';
    });
    const withRedis = createWithRedis({ url: server.url, pool: true, isolation });
    const cut = await outcomeOf(
      withRedis((r) => r.multi().del('a').hset('a', 'b', 'c').expire('a', 5).exec()),
    );
    expect(cut.error).toBeDefined();
    expect(await Promise.all(['x', 'y'].map((text) => withRedis((r) => r.echo(text))))).toEqual(['x', 'y']);
    expect(server.commands.filter(([name]) => name === 'DEL')).toHaveLength(1);
    await withRedis.close();
    await server.close();
  },
);
