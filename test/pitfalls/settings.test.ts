import { createSecureContext } from 'node:tls';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigurationError, createWithRedis, type WithRedisOptions, withRedis } from '../../src/index.js';
import { clientOf } from '../support/client-of.js';
import { outcomeOf, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

function refusalOf(make: () => unknown): ConfigurationError {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error('was not refused');
}

const databaseOf = async (instance: ReturnType<ReturnType<typeof useInstances>>) =>
  /\bdb=(\d+)/.exec(String(await instance((r) => r.client('INFO'))))?.[1];

describe('G. settings', () => {
  const create = useInstances();

  it('63. redis goes field by field over the URL and its query, and over REDIS_URL', async () => {
    const { url } = redis;
    expect(await databaseOf(create({ url: `${url}/0`, redis: { db: 5 } }))).toBe('5');
    expect(await databaseOf(create({ url: `${url}/4?db=3` }))).toBe('4');
    expect(await databaseOf(create({ url: `${url}?keyPrefix=a:`, redis: { db: 2 } }))).toBe('2');
    const { port } = redis.server;
    expect(await databaseOf(create({ url: 'redis://127.0.0.1:1/7', redis: { port } }))).toBe('7');
    const before = process.env.REDIS_URL;
    process.env.REDIS_URL = `${url}/1`;
    try {
      expect(await databaseOf(create({ redis: { db: 6 } }))).toBe('6');
      expect(await databaseOf(create({ url: null as never, redis: { username: null as never } }))).toBe('1');
    } finally {
      if (before === undefined) delete process.env.REDIS_URL;
      else process.env.REDIS_URL = before;
    }
  });

  it('63. a password that rotated counts, not the one in the URL', async () => {
    const url = redis.url.replace('redis://', 'redis://guest:old@');
    await redis.observer.command('ACL', 'SETUSER', 'guest', 'on', '>new', '~*', '&*', '+@all');
    expect(await create({ url, redis: { password: 'new' } })((r) => r.ping())).toBe('PONG');
  });

  const UNHONOURED: [name: string, value: unknown][] = [
    ['retryStrategy', () => 50],
    ['reconnectOnError', () => true],
    ['maxRetriesPerRequest', 3],
    ['enableOfflineQueue', false],
    ['lazyConnect', true],
    ['autoResubscribe', false],
    ['enableAutoPipelining', true],
    ['monitor', true],
    ['readOnly', true],
  ];
  it.each(UNHONOURED)('64. redis.%s, which a lease cannot honour, is refused by name', (name, value) => {
    const { option, message } = refusalOf(() => create({ redis: { [name]: value } }));
    expect(option).toBe(`redis.${name}`);
    expect(message).toMatch(/cannot be honoured: .{20}/);
    expect(() =>
      createWithRedis({
        redis: {
          [name]: (Redis as never as { defaultOptions: Record<string, unknown> }).defaultOptions[name],
        },
      }),
    ).not.toThrow();
    if (typeof value === 'function') return;
    expect(refusalOf(() => create({ url: `redis://h?${name}=${value}` })).message).toContain(name);
  });

  it.each([
    'enableOfflineQueue=true',
    'autoResendUnfulfilledCommands=true',
    'enableReadyCheck=true',
    'connectTimeout=1000',
    'family=4',
    'unheardOf=1',
  ])('64. nothing in the query undoes the hardening or ends the process: %s', async (query) => {
    const instance = create({ url: `${redis.url}?${query}`, pool: true });
    const { options } = await instance((r) => clientOf(r));
    expect(options).toMatchObject({ enableOfflineQueue: false, autoResendUnfulfilledCommands: false });
    expect(options.maxRetriesPerRequest).toBe(0);
  });

  it('65. what the caller changes afterwards changes nothing', async () => {
    const seen: string[] = [];
    const options = {
      url: redis.url,
      redis: { keyPrefix: 'a:', db: 3, scripts: { one: { lua: 'return 1', numberOfKeys: 0 } } },
      retry: { attempts: 2, delayMs: 1, idempotent: true },
      pool: { minIdle: 0 },
      observer: { onRetry: () => void seen.push('before') },
    };
    const instance = create(options as never);
    Object.assign(options.redis, { keyPrefix: 'b:', db: 0 });
    options.redis.scripts.one.lua = 'return 2';
    Object.assign(options.retry, { attempts: 1 });
    Object.assign(options.observer, { onRetry: () => void seen.push('after') });
    Object.assign(options, { redis: {} });
    await instance((r) => r.set('k', 'v'));
    await redis.observer.command('SELECT', 3);
    expect(await redis.observer.command('EXISTS', 'a:k')).toBe(1);
    await redis.observer.command('SELECT', 0);
    expect(await instance((r) => (r as never as { one(): Promise<unknown> }).one())).toBe(1);
    await outcomeOf(instance((_r, { attempt }) => Promise.reject(attempt)));
    expect(seen).toEqual(['before']);
  });

  it('65. hooks of an object with methods keep their `this`', async () => {
    class Metrics {
      acquired = 0;
      onAcquire() {
        this.acquired += 1;
      }
    }
    const observer = new Metrics();
    await create({ url: redis.url, observer })((r) => r.ping());
    expect(observer.acquired).toBe(1);
  });
});

describe('J. settings', () => {
  const create = useInstances();
  const clients: Redis[] = [];
  afterEach(() => clients.splice(0).forEach((client) => void client.disconnect()));

  it('92. the options of another client, and ioredis’s defaults, are taken as they are', async () => {
    const existing = new Redis(`${redis.url}/2`, {
      lazyConnect: true,
      maxRetriesPerRequest: null,
      retryStrategy: () => 7,
    });
    clients.push(existing);
    expect(await databaseOf(create({ redis: existing.options }))).toBe('2');
    const { defaultOptions } = Redis as never as { defaultOptions: object };
    const mixed: WithRedisOptions = {
      url: `${redis.url}/1`,
      redis: { ...defaultOptions, keyPrefix: 'mine:' },
    };
    expect(await databaseOf(create(mixed))).toBe('1');
  });

  it('92. null and undefined mean "not given"', async () => {
    const nothing = {
      sentinels: null,
      path: null,
      tls: undefined,
      username: null,
      retryStrategy: null,
      db: undefined,
    };
    expect(await databaseOf(create({ url: `${redis.url}/3`, redis: nothing as never }))).toBe('3');
  });

  const WRONG: [options: object, option: string, words: RegExp][] = [
    [{ redis: { connectTimeout: '1000' } }, 'redis.connectTimeout', /milliseconds.*a string/],
    [{ redis: { db: '' } }, 'redis.db', /whole number/],
    [{ redis: { family: '4' } }, 'redis.family', /4, 6, or 0/],
    [{ redis: { hots: 'h' } }, 'redis.hots', /host was probably meant/],
    [{ redis: { keyPrefx: 'h' } }, 'redis.keyPrefx', /keyPrefix/],
    [{ url: 'redis://h/abc' }, 'url', /number of a database/],
    [{ url: 'redis://:p%zz@h' }, 'url', /% that begins no escape.*%25/],
    [{ url: 'redis://:hush#hush@h:1/0' }, 'url', /%23/],
    [{ url: 'redis://:123?hush@h:1/0' }, 'url', /%3F/],
    [{ url: 'redis://u:12/hush@h:1/0' }, 'url', /%2F/],
    [
      { url: 'redis://h?connectTimout=5' },
      'url: its option connectTimout',
      /connectTimeout was probably meant/,
    ],
    [{ url: 'redis://h?connectTimeout=soon' }, 'url: its option connectTimeout', /milliseconds/],
    [{ url: 'unix://relative' }, 'url', /whole path/],
  ];
  it.each(WRONG)('92, 96. %j is refused with words that help', (options, option, words) => {
    const error = refusalOf(() => createWithRedis(options));
    expect(error.option).toBe(option);
    expect(error.message).toMatch(words);
    expect(error.message).not.toMatch(/hush|p%zz/);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])(
    '92. %s is no option that is known',
    async (name) => {
      const text = create({ url: `${redis.url}?${name}=1` });
      expect(await text((r) => r.ping())).toBe('PONG');
      const own = create({ url: redis.url, redis: JSON.parse(`{ "${name}": 1 }`) });
      expect(await own((r) => r.ping())).toBe('PONG');
    },
  );

  it('96. a secret in the wrong place is described and not shown', async () => {
    const url = 'redis://user:hunter2@host';
    const wrong = [
      url,
      { redis: url },
      { url: { url } },
      { pool: url },
      { name: url },
      { connect: url },
      { isolation: url },
    ];
    for (const options of wrong) {
      expect(inspect(refusalOf(() => createWithRedis(options as never)))).not.toContain('hunter2');
    }
    const calls = [
      () => withRedis(url, (r) => r.ping()),
      () => withRedis((r) => r.ping(), { label: url }),
      () => withRedis((r) => r.ping(), url as never),
    ];
    for (const call of calls) {
      const { error } = await outcomeOf(call());
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(inspect(error)).not.toContain('hunter2');
    }
  });

  it('96. an unescaped @ in a password does not show a part of it as the host', async () => {
    const instance = create({ url: `redis://:se@cr@127.0.0.1:${1}`, acquireTimeoutMs: 300 });
    const { error } = await outcomeOf(instance((r) => r.ping()));
    expect(error).toMatchObject({ address: '127.0.0.1:1' });
  });

  it('96. the server’s own words are not cut where they hold the same letters', async () => {
    const name = 'user';
    await redis.observer.command('ACL', 'SETUSER', name, 'on', '>right', '~*', '+@all');
    const instance = create({ url: redis.url, redis: { username: name, password: 'invalid' } });
    const { error } = await outcomeOf(instance((r) => r.ping()));
    expect((error as Error).message).toContain('WRONGPASS invalid username-password pair');
  });

  it('94. options of a handle can be spread, listed and copied, and show no credential', async () => {
    await redis.observer.command('ACL', 'SETUSER', 'ann', 'on', '>hunter2', '~*', '&*', '+@all');
    const url = redis.url.replace('redis://', 'redis://ann:hunter2@');
    const instance = create({ url: `${url}/4`, pool: true, redis: { keyPrefix: 'p:' } });
    await instance(async (r) => {
      const copy = new Redis({ ...r.options, lazyConnect: true } as never);
      clients.push(copy);
      await copy.connect();
      expect(await copy.client('INFO')).toMatch(/ db=4 .* user=ann /);
      expect(Object.keys(r.options)).toEqual(
        expect.arrayContaining(['host', 'port', 'db', 'keyPrefix', 'password']),
      );
      for (const shown of [
        inspect(r.options),
        JSON.stringify(r.options),
        inspect(r, { depth: 20 }),
        JSON.stringify(r),
      ]) {
        expect(shown).not.toContain('hunter2');
      }
      r.options.keyPrefix = 'mine';
    });
    expect(await instance((r) => r.options.keyPrefix)).toBe('p:');
  });

  it('94. what is nested in the options of a handle cannot be changed for the next borrower, nor are those of a factory', async () => {
    const context = createSecureContext();
    const lent = () => ({
      scripts: { one: { lua: 'return 1', numberOfKeys: 0 } },
      sentinels: [{ host: 'h', port: 1 }],
      name: 'group',
      tls: { ca: ['mine'], secureContext: context, checkServerIdentity: () => undefined },
    });
    const theirs: { options: ReturnType<typeof lent> }[] = [];
    const connect = async () => {
      const client = new Redis(redis.url, { lazyConnect: true });
      await client.connect();
      Object.assign(client.options, lent());
      theirs.push(client as never);
      return client;
    };
    const { scripts } = lent();
    const instances = [
      [
        create({ url: redis.url, pool: true, redis: { scripts } }),
        ['scripts', 'autoPipeliningIgnoredCommands'],
      ],
      [create({ connect, pool: true }), ['scripts', 'sentinels', 'tls']],
    ] as const;
    for (const [instance, names] of instances) {
      const before = await instance((r) => {
        const options = r.options as unknown as ReturnType<typeof lent>;
        const before = inspect(options, { depth: 9 });
        for (const name of names) expect(Object.isFrozen(options[name as 'tls'])).toBe(true);
        expect(() => Object.assign(options.scripts.one, { lua: 'return 666' })).toThrow(TypeError);
        expect(() => Object.assign(options.scripts, { two: {} })).toThrow(TypeError);
        options.scripts = {} as never;
        expect(() => new Redis({ ...(options as object), lazyConnect: true })).not.toThrow();
        return before;
      });
      expect(await instance((r) => inspect(r.options, { depth: 9 }))).toBe(before);
    }
    expect(() => Object.assign(instances[0][0].redis.options.scripts ?? {}, { two: {} })).toThrow(TypeError);
    await instances[1][0]((r) => {
      expect(r.options.tls).toMatchObject({ secureContext: context });
      expect(Object.isFrozen(context)).toBe(false);
    });
    const [{ options: untouched }] = theirs as [(typeof theirs)[0]];
    for (const each of [untouched.scripts, untouched.scripts.one, untouched.sentinels, untouched.tls])
      expect(Object.isFrozen(each)).toBe(false);
    expect(Object.isFrozen(scripts)).toBe(false);
    expect(
      Object.isFrozen(
        (Redis as never as { defaultOptions: { autoPipeliningIgnoredCommands: [] } }).defaultOptions
          .autoPipeliningIgnoredCommands,
      ),
    ).toBe(false);
  });

  it('93. stacks begin at the caller, from the first call on', async () => {
    const stacks: (string | undefined)[] = [];
    const observer = { onLeak: ({ stack }: { stack: string | undefined }) => void stacks.push(stack) };
    const instance = create({ url: redis.url, leakThresholdMs: 1, observer });
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    await instance(wait);
    const lease = await instance.acquire();
    await wait();
    await lease.release();
    await instance.transaction(['k'], wait);
    const first = stacks.map((stack) => stack?.split('\n')[1]);
    expect(first.length).toBeGreaterThanOrEqual(3);
    for (const line of first) expect(line).toContain('settings.test.ts');
  });
});
