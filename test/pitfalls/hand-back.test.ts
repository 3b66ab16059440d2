import { describe, expect, it } from 'vitest';
import type { ScopedRedis } from '../../src/index.js';
import { outcomeOf, useInstances, useServer } from '../support/harness.js';

const redis = useServer();
const locked = useServer({ password: 'sesame' });

type Leave = (r: ScopedRedis) => Promise<unknown>;

describe.each([{ resp: 2 }, { resp: 3 }])('D. dirty hand-back, RESP$resp', ({ resp }) => {
  const create = useInstances(() => ({
    url: redis.url,
    pool: true,
    maxConnections: 1,
    redis: { protocol: resp } as object,
  }));
  const command = (...args: (string | number)[]) => redis.observer.command(...args);
  /** What the server says of the connection, without what differs between any two. */
  const identity = (info: unknown) =>
    String(info).replace(
      /\b(id|addr|laddr|fd|age|idle|qbuf|qbuf-free|argv-mem|multi-mem|rbs|rbp|obl|oll|omem|tot-mem|tot-net-in|tot-net-out|tot-cmds|read-events|avg-pipeline-len-sum|avg-pipeline-len-cnt|io-thread)=\S*/g,
      '',
    );

  it('35. a WATCH left over fails no transaction of the next borrower', async () => {
    const withRedis = create();
    await outcomeOf(
      withRedis(async (r) => {
        await r.watch('watched');
        throw new Error('in between');
      }),
    );
    await command('SET', 'watched', 'changed');
    expect(await withRedis((r) => r.multi().get('watched').exec())).toEqual([[null, 'changed']]);
    expect(withRedis.stats().created).toBe(1);
  });

  it('36. a MULTI left over queues and commits nothing of the next borrower', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      await r.multi({ pipeline: false });
      await r.set('ghost', '1');
    });
    expect(await withRedis((r) => r.get('ghost'))).toBeNull();
    expect(await withRedis((r) => r.multi().get('ghost').exec())).toEqual([[null, null]]);
    expect(await command('EXISTS', 'ghost')).toBe(0);
  });

  it.each<[string, Leave]>([
    ['select', (r) => r.select(3)],
    ['SELECT by call', (r) => r.call('SELECT', 4)],
    ['Select by call', (r) => r.call('Select', '5')],
    ['select in a pipeline', (r) => r.pipeline().select(6).exec()],
  ])('37. %s leaves the next borrower in its own database', async (_, leave) => {
    const withRedis = create();
    await withRedis(leave);
    expect(String(await withRedis((r) => r.client('INFO')))).toContain(' db=0 ');
    await withRedis((r) => r.set('home', '1'));
    expect(await command('EXISTS', 'home')).toBe(1);
  });

  it.each<[string, Leave]>([
    ['subscribe', (r) => r.subscribe('channel')],
    ['psubscribe', (r) => r.psubscribe('chan*')],
    ['ssubscribe', (r) => r.ssubscribe('shard')],
  ])('38. %s leaves no subscription and no listener', async (_, leave) => {
    const withRedis = create();
    const heard: unknown[] = [];
    await withRedis(async (r) => {
      r.on('message', (...args) => heard.push(args));
      await leave(r);
    });
    const info = await withRedis((r) => r.client('INFO'));
    expect(String(info)).toContain(' sub=0 psub=0 ssub=0 ');
    await command('PUBLISH', 'channel', 'hello');
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(heard).toEqual([]);
  });

  it.each<[string, Leave]>([
    ['a name', (r) => r.client('SETNAME', 'somebody')],
    ['tracking', (r) => r.call('CLIENT', 'TRACKING', 'ON')],
    ['no-evict', (r) => r.client('NO-EVICT', 'ON')],
    ['another user', (r) => r.call('AUTH', 'limited', 'limited')],
    ['a prefix among the options', async (r) => Object.assign(r.options, { keyPrefix: 'mine:' })],
    ['a command of its own', async (r) => r.defineCommand('mine', { numberOfKeys: 0, lua: 'return 1' })],
  ])('40. %s does not survive', async (_, leave) => {
    await command('ACL', 'SETUSER', 'limited', 'on', '>limited', '+auth', '+client', '+ping', '+exec');
    const withRedis = create();
    const fresh = identity(await withRedis((r) => r.client('INFO')));
    await outcomeOf(withRedis(leave));
    await withRedis(async (r) => {
      expect(identity(await r.client('INFO'))).toBe(fresh);
      expect('mine' in r).toBe(false);
      await r.set('unprefixed', '1');
    });
    expect(await command('DEL', 'unprefixed')).toBe(1);
  });

  it('41. after RESET the next borrower is authenticated, in its database, and speaks the same protocol', async () => {
    const { port } = locked.server;
    const withRedis = create({ url: `redis://:sesame@127.0.0.1:${port}/2` });
    const before = identity(await withRedis((r) => r.client('INFO')));
    await outcomeOf(withRedis((r) => r.reset()));
    expect(identity(await withRedis((r) => r.client('INFO')))).toBe(before);
    expect(before).toContain(' db=2 ');
  });

  it('42. an attempt to end the connection does not spoil it for the next', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      const loose = r as unknown as { quit(): Promise<unknown>; disconnect(): void };
      await outcomeOf(loose.quit());
      expect(() => loose.disconnect()).toThrow();
      await outcomeOf(r.call('QUIT'));
    });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(withRedis.stats().created).toBe(1);
  });
});
