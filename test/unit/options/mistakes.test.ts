import { runInNewContext } from 'node:vm';
import { Cluster, Redis } from 'ioredis';
import { Redis as OtherRedis } from 'ioredis-5';
import { Redis as Valkey } from 'iovalkey';
import { createClient } from 'redis';
import { expect, it } from 'vitest';
import { createWithRedis } from '../../../src/index.js';
import { readOptions } from '../../../src/options/settings.js';
import { outcomeOf } from '../../support/harness.js';

const MEANT: [given: object, meant: string][] = [
  [{ max: 5 }, 'maxConnections'],
  [{ timeout: 5 }, 'deadlineMs'],
  [{ retries: 5 }, 'retry.attempts'],
  [{ host: 'h' }, 'redis.host'],
  [{ password: 'hush' }, 'redis.password'],
  [{ idleTimeoutMillis: 5 }, 'pool.idleTimeoutMs'],
  [{ maxConections: 5 }, 'maxConnections'],
  [{ maxSize: 5 }, 'maxConnections'],
  [{ poolSize: 5 }, 'maxConnections'],
  [{ timeoutMs: 5 }, 'deadlineMs'],
  [{ pool: { minIdel: 1 } }, 'minIdle'],
  [{ pool: { max: 5 } }, 'maxConnections'],
  [{ pool: { min: 1 } }, 'pool.minIdle'],
  [{ retry: { retries: 5 } }, 'retry.attempts'],
];
it.each(MEANT)('%j is answered with what was probably meant', (options, meant) => {
  expect(() => createWithRedis(options)).toThrow(`${meant} was probably meant`);
});

const MEANT_IN_REDIS: [given: object, meant: string][] = [
  [{ database: 5 }, 'db'],
  [{ hostname: 'h' }, 'host'],
  [{ prefix: 'p:' }, 'keyPrefix'],
  [{ user: 'u' }, 'username'],
  [{ url: 'redis://:hush@h' }, 'url'],
];
it.each(MEANT_IN_REDIS)('redis: %j is answered with what ioredis calls it', (redis, meant) => {
  expect(() => createWithRedis({ redis })).toThrow(`; ${meant}`);
  expect(() => createWithRedis({ redis })).not.toThrow('hush');
});

it('a database in the query of a URL is answered too', () => {
  expect(() => createWithRedis({ url: 'redis://h?database=5' })).toThrow('db was probably meant');
});

it.each([
  { host: 'redis://:hush@h' },
  { host: 'user:hush@h' },
  { path: 'redis://:hush@h' },
  { sentinels: [{ host: 'redis://:hush@h', port: 1 }], name: 'group' },
  { sentinels: [{ host: 'h', port: 1 }], name: 'redis://:hush@h' },
  { connectionName: 'redis://:hush@h' },
])('a URL where a name belongs is refused, and not shown: %j', (redis) => {
  const refused = () => createWithRedis({ redis });
  expect(refused).toThrow(/no URL|a list of \{ host, port \}/);
  expect(refused).not.toThrow('hush');
});

it.each(['//:hush@h:6379', 'unix:////:hush@h', ' //:hush@h/0'])(
  'a URL that has lost its scheme is no path, and not shown: %s',
  (url) => {
    expect(() => createWithRedis({ url })).toThrow(/without a scheme|the whole path/);
    expect(() => createWithRedis({ url })).not.toThrow('hush');
  },
);

it.each([' redis://h:1\n', '\tunix:///run/redis.sock\n', '/run/user@1000/redis.sock\n'])(
  'the end of a line around a URL is no part of it: %j',
  (url) => {
    const { target } = readOptions({ url });
    expect(target).toMatchObject(
      url.includes('sock') ? { path: expect.stringMatching(/^\/run.*sock$/) } : { host: 'h', port: 1 },
    );
  },
);

it.each([`"redis://:hush@h"`, "'redis://:hush@h'"])(
  'a URL in quotes, as a file of variables may have it, hears so: %s',
  (url) => {
    const refused = () => createWithRedis({ url });
    expect(refused).toThrow('received a string in quotes');
    expect(refused).not.toThrow('hush');
  },
);

it.each([
  { total: 'return 1' },
  { total: 5 },
  { total: null },
  { total: { numberOfKeys: 1 } },
  'total',
  true,
])('a script without its text is refused before anything connects: %j', (scripts) => {
  expect(() => createWithRedis({ redis: { scripts } as never })).toThrow(
    'redis.scripts must be an object of { lua }',
  );
  const cluster = { nodes: [{ host: 'h', port: 1 }], options: { scripts } };
  expect(() => createWithRedis({ cluster } as never)).toThrow('scripts must be an object of { lua }');
  const scripted = { total: { lua: 'return 1', numberOfKeys: 0 } };
  expect(() => createWithRedis({ redis: { scripts: scripted } })).not.toThrow();
});

it.each([-1, 1.5, 65_536, 'six', '-1', Number.NaN])('a port that none can be is refused: %s', (port) => {
  expect(() => createWithRedis({ redis: { port } as never })).toThrow('a whole number from 0 to 65535');
});

it.each([
  [['h:26379']],
  [[null]],
  [[]],
  ['h:26379'],
  [{ host: 'h' }],
  [[{ host: 'h' }, 'h:1']],
  [[{ host: 'h', port: 'six' }]],
  [[{ host: 'h', port: 65_536 }]],
])('sentinels are a list of places: %j is refused', (sentinels) => {
  expect(() => createWithRedis({ redis: { sentinels, name: 'group' } as never })).toThrow(
    'redis.sentinels must be a list of { host, port }',
  );
});

it('an address of any kind is a host', () => {
  for (const host of ['::1', 'fe80::1%eth0', '127.0.0.1', 'my_redis', 'localhost', ''])
    expect(() => createWithRedis({ redis: { host } })).not.toThrow();
});

it.each<[string, new (options: object) => { readonly options: object; disconnect(): void }]>([
  ['ioredis', Redis as never],
  ['ioredis of the other major', OtherRedis as never],
  ['iovalkey', Valkey as never],
])('the options of a client of %s are taken for where they lead', (_, Client) => {
  const client = new Client({ host: 'elsewhere', db: 5, lazyConnect: true });
  const { target } = readOptions({ redis: client.options } as never);
  expect(target).toMatchObject({ host: 'elsewhere', db: 5 });
  client.disconnect();
});

it('a pool that is a number hears what a pool may be', () => {
  const options = { pool: 5 } as never;
  expect(() => createWithRedis(options)).toThrow('pool must be true, false or an object; received 5');
});

it('a number of attempts is all that most retries need', () => {
  expect(readOptions({ retry: 3 }).retry).toMatchObject({ attempts: 3, delayMs: 100 });
});

it('what is shared is kept, unless somebody says otherwise', () => {
  for (const isolation of ['shared', 'auto'] as const) {
    expect(readOptions({ isolation }).pool).toBeDefined();
    expect(readOptions({ isolation, pool: false }).pool).toBeUndefined();
  }
  expect(readOptions({}).pool).toBeUndefined();
});

it('a client in place of options, and one of another kind from a factory, are said plainly', async () => {
  const client = new Redis({ lazyConnect: true });
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });
  const misplaced = [client, { redis: client }, { url: client }, { connect: client }, { cluster }];
  for (const options of misplaced)
    expect(() => createWithRedis(options as never)).toThrow(/received a client.*connect/);
  client.disconnect();
  const kinds: [connect: () => unknown, words: RegExp][] = [
    [() => cluster, /not a Cluster: use the option `cluster`/],
    [() => createClient(), /received one of node-redis/],
    [() => ({}), /an ioredis client; received an object/],
  ];
  for (const [connect, words] of kinds) {
    const instance = createWithRedis({ connect });
    expect(String((await outcomeOf(instance((r) => r.ping()))).error)).toMatch(words);
    await instance.close();
  }
  cluster.disconnect();
});

const NO_OPTIONS: [name: string, given: object, words: string][] = [
  ['a promise', Promise.resolve({ url: 'redis://:hush@h' }), 'a promise; is an await missing?'],
  ['a Map', new Map([['url', 'redis://:hush@h']]), 'an object (Map)'],
  ['a Set', new Set(['redis://:hush@h']), 'an object (Set)'],
  ['a Date', new Date(), 'an object (Date)'],
  ['a URL', new URL('redis://:hush@h'), 'an object (URL)'],
  ['a signal', new AbortController().signal, 'an object (AbortSignal)'],
  ['a list', ['redis://:hush@h'], 'an array'],
  ['a function', () => ({}), 'a function'],
];
it.each(NO_OPTIONS)('%s is no object of options, wherever one is to be', async (_, given, words) => {
  const misplaced = [
    given,
    { redis: given },
    { pool: given },
    { retry: given },
    { observer: given },
    { redis: { tls: given } },
  ];
  for (const options of [...misplaced, { cluster: given }, { cluster: { nodes: [1], options: given } }]) {
    expect(() => createWithRedis(options as never)).toThrow(`received ${words}`);
    expect(() => createWithRedis(options as never)).not.toThrow('hush');
  }
  const { error } = await outcomeOf(createWithRedis({ url: 'redis://h' })(() => 1, given as never));
  expect((error as Error).message).toContain(`received ${words}`);
});

it('options may be of a class, without a prototype, a module, or of getters', () => {
  class Own {
    url = 'redis://h:1';
    redis = new (class {
      db = 3;
    })();
  }
  class Getters {
    get url() {
      return 'redis://h:1';
    }
    get redis() {
      return new (class {
        get db() {
          return 3;
        }
      })();
    }
  }
  const own = { url: 'redis://h:1', redis: Object.assign(Object.create(null), { db: 3 }) };
  const bare = Object.assign(Object.create(null), own);
  const module = Object.assign(Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } }), own);
  const other = runInNewContext('({ url: "redis://h:1", redis: { db: 3 } })');
  for (const options of [new Own(), new Getters(), own, bare, module, other])
    expect(readOptions(options).target).toMatchObject({ host: 'h', port: 1, db: 3 });
  expect(() => createWithRedis({ redis: new (class {})(), pool: runInNewContext('({})') })).not.toThrow();
});
