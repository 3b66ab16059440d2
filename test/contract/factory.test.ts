import { Command, Redis } from 'ioredis';
import RedisMock from 'ioredis-mock';
import { Redis as Valkey } from 'iovalkey';
import { describe, expect, it } from 'vitest';
import { LeaseReleasedError } from '../../src/index.js';
import { outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

describe.each([
  ['ioredis with its defaults', () => new Redis(redis.url)],
  ['ioredis, lazy', () => new Redis(redis.url, { lazyConnect: true })],
  ['ioredis, auto-pipelined', () => new Redis(redis.url, { enableAutoPipelining: true })],
  ['iovalkey', () => new Valkey(redis.url)],
])('a factory of %s', (_, connect) => {
  const create = useInstances({ connect, pool: true });

  it('is lent, cleaned, and closed like our own', async () => {
    const withRedis = create();
    expect(await withRedis((r) => r.set('factory', '1'))).toBe('OK');
    await withRedis(async (r) => {
      await r.select(3);
      await r.watch('factory');
    });
    expect(await withRedis((r) => r.multi().get('factory').exec())).toEqual([[null, '1']]);
    expect(withRedis.stats()).toMatchObject({ created: 1 });
    await withRedis.close();
    expect(await redis.clients()).toEqual([]);
  });

  it('is lent on the database that the factory has selected itself', async () => {
    const selecting = async () => {
      const client = connect() as Redis;
      await client.select(3);
      return client;
    };
    const withRedis = create({ connect: selecting, maxConnections: 1 });
    const database = () => withRedis(async (r) => / db=(\d+) /.exec(await r.client('INFO'))?.[1]);
    expect(await database()).toBe('3');
    await withRedis((r) => r.select(5));
    expect(await database()).toBe('3');
  });

  it('does not reconnect, nor send again what was in flight', async () => {
    const withRedis = create();
    await redis.observer.command('DEL', 'queue');
    const { error } = await outcomeOf(
      withRedis(async (r) => {
        const id = await r.client('ID');
        const blocked = r.blpop('queue', 0);
        await sleep(10);
        await redis.observer.command('CLIENT', 'KILL', 'ID', Number(id));
        return blocked;
      }),
    );
    expect(error).toBeInstanceOf(Error);
    await redis.observer.command('RPUSH', 'queue', 'late');
    await sleep(100);
    expect(await redis.observer.command('LLEN', 'queue')).toBe(1);
  });

  it('works shared and moved', async () => {
    const withRedis = create({ isolation: 'auto' });
    const values = await Promise.all(
      Array.from({ length: 30 }, (_, i) => withRedis((r) => r.echo(String(i)))),
    );
    expect(values).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
    expect(await withRedis((r) => r.watch('key'))).toBe('OK');
  });
});

describe.each([
  ['ioredis', (options: object) => new Redis({ ...options, lazyConnect: true })],
  ['ioredis, at once', (options: object) => new Redis(options)],
  ['iovalkey', (options: object) => new Valkey(options)],
])('a factory of %s whose client wants a database that it may not have', (_, make) => {
  const create = useInstances(() => {
    const [, host, port] = /\/\/(.*):(\d+)/.exec(redis.url) ?? [];
    return { connect: () => make({ host, port: Number(port), username: 'nine', password: 'p', db: 9 }) };
  });

  it('is not lent on database 0', async () => {
    await redis.observer.command('ACL', 'SETUSER', 'nine', 'on', '>p', '~*', '&*', '+@all', '-select');
    const { error } = await outcomeOf(create()((r) => r.set('stray', '1')));
    expect(error).toMatchObject({ name: 'ConnectError', cause: { message: /^NOPERM/ } });
    expect(await redis.observer.command('EXISTS', 'stray')).toBe(0);
  });

  it('is lent on its own where it may', async () => {
    await redis.observer.command('ACL', 'SETUSER', 'nine', 'on', '>p', '~*', '&*', '+@all');
    expect(await create()((r) => r.client('INFO'))).toMatch(/ db=9 /);
  });
});

describe.each([
  { isolation: 'exclusive' as const },
  { isolation: 'shared' as const },
  { isolation: 'auto' as const },
])('a factory of ioredis-mock, $isolation', ({ isolation }) => {
  const create = useInstances({
    connect: () => new RedisMock(),
    pool: true,
    isolation: isolation as 'exclusive',
  });

  it('is lent and dies with its scope', async () => {
    const withRedis = create();
    let kept: { get(key: string): Promise<unknown> } | undefined;
    const result = await withRedis(async (r) => {
      kept = r;
      await r.set('mock', '1');
      const piped = await r.pipeline().incr('mock').get('mock').exec();
      const both = await r.multi().incr('mock').get('mock').exec();
      return [await r.get('mock'), piped, both];
    });
    expect(result).toEqual([
      '3',
      [
        [null, 2],
        [null, '2'],
      ],
      [
        [null, 3],
        [null, '3'],
      ],
    ]);
    await expect(kept?.get('mock')).rejects.toBeInstanceOf(LeaseReleasedError);
    expect(withRedis.stats()).toMatchObject({ created: 1 });
  });

  // A shared scope refuses it.
  it.skipIf(isolation === 'shared')('sends what needs a connection of its own on that one', async () => {
    const withRedis = create({ maxConnections: 2 });
    const other = new RedisMock();
    const replies = await withRedis(async (r) => {
      await r.watch('theirs');
      await other.set('theirs', '1');
      return r.multi().set('theirs', 'mine').exec();
    });
    expect(replies).toBeNull();
    other.disconnect();
  });

  // A shared scope refuses it.
  it.skipIf(isolation === 'shared')(
    'hears what it has subscribed to, and leaves nothing of it to the next',
    async () => {
      const withRedis = create({ maxConnections: 2, pool: false });
      const other = new RedisMock();
      const heard = await withRedis(async (r) => {
        const message = new Promise((resolve) => r.on('message', (_, text) => resolve(text)));
        await r.subscribe('mock news');
        await other.publish('mock news', 'hello');
        return message;
      });
      expect(heard).toBe('hello');
      expect(await withRedis((r) => r.echo('next'))).toBe('next');
      other.disconnect();
    },
  );

  it('takes commands made by hand', async () => {
    const withRedis = create();
    const send = (name: string, ...args: string[]) =>
      withRedis((r) => r.sendCommand(new Command(name, args, { replyEncoding: 'utf8' })) as Promise<unknown>);
    expect(await send('set', 'made', '1')).toBe('OK');
    expect(await send('get', 'made')).toBe('1');
    expect((await outcomeOf(send('json.get'))).error).toMatchObject({
      message: expect.stringContaining('json.get'),
    });
    expect(await send('get', 'made')).toBe('1');
  });

  it('passes errors and aborts on', async () => {
    const withRedis = create();
    await withRedis((r) => r.set('text', 'abc'));
    const { error } = await outcomeOf(withRedis((r) => r.lpush('text', 'x')));
    expect(error).toBeInstanceOf(Error);
    const controller = new AbortController();
    setTimeout(() => controller.abort('enough'), 10);
    const { error: reason } = await outcomeOf(withRedis(() => sleep(500), { signal: controller.signal }));
    expect(reason).toBe('enough');
  });
});
