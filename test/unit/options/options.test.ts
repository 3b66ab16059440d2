import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, createWithRedis, withRedis } from '../../../src/index.js';
import { readOptions } from '../../../src/options/settings.js';
import { targetOf } from '../../../src/options/target.js';
import { outcomeOf } from '../../support/harness.js';

const bad: [option: string, options: object, received: string][] = [
  ...[0, -1, Number.NaN, '5', null].flatMap((value) =>
    ['acquireTimeoutMs', 'deadlineMs', 'releaseTimeoutMs'].map((name): [string, object, string] => [
      name,
      { [name]: value },
      typeof value === 'string' ? `"${value}"` : String(value),
    ]),
  ),
  ['maxConnections', { maxConnections: 0 }, '0'],
  ['maxConnections', { maxConnections: 1.5 }, '1.5'],
  ['maxConnections', { maxConnections: Number.POSITIVE_INFINITY }, 'Infinity'],
  ['maxConnecting', { maxConnecting: -1 }, '-1'],
  ['maxPending', { maxPending: -1 }, '-1'],
  ['pool', { pool: 'yes' }, '"yes"'],
  ['pool.idleTimeoutMs', { pool: { idleTimeoutMs: 0 } }, '0'],
  ['pool.maxLifetimeMs', { pool: { maxLifetimeMs: Number.NaN } }, 'NaN'],
  ['pool.validateAfterIdleMs', { pool: { validateAfterIdleMs: -5 } }, '-5'],
  ['pool.minIdle', { pool: { minIdle: 11 } }, '11'],
  ['pool.order', { pool: { order: 'random' } }, '"random"'],
  ['pool.idleTimeout', { pool: { idleTimeout: 5 } }, 'a number'],
  ['retry.attempts', { retry: { attempts: 0 } }, '0'],
  ['retry.factor', { retry: { factor: 0.5 } }, '0.5'],
  ['retry.jitter', { retry: { jitter: 'some' } }, '"some"'],
  ['retry.when', { retry: { when: true } }, 'true'],
  ['retry.idempotent', { retry: { idempotent: 1 } }, '1'],
  ['retry.delay', { retry: { delay: 5 } }, 'a number'],
  ['observer.onAcquire', { observer: { onAcquire: 5 } }, '5'],
  ['observer.onAquire', { observer: { onAquire: () => {} } }, 'a function'],
  ['name', { name: 'two words' }, '"two words"'],
  ['name', { name: '' }, '""'],
  ['connect', { connect: 'redis' }, '"redis"'],
  ['redis', { redis: 6379 }, 'a number'],
  ['cluster', { cluster: 6379 }, '6379'],
  ['cluster.nodes', { cluster: {} }, 'undefined'],
  ['cluster.nodes', { cluster: { nodes: [] } }, 'an array'],
  ['cluster.nodes[1]', { cluster: { nodes: [6379, null] } }, 'null'],
  ['cluster.nodes[0]', { cluster: { nodes: ['http://user:secret@host'] } }, 'a string'],
  ['cluster.seeds', { cluster: { nodes: [1], seeds: [] } }, 'an array'],
  ['cluster.options', { cluster: { nodes: [1], options: 5 } }, '5'],
  ['cluster.options.scaleReads', { cluster: { nodes: [1], options: { scaleReads: 'slave' } } }, 'a string'],
  [
    'cluster.options.useSRVRecords',
    { cluster: { nodes: [1], options: { useSRVRecords: true } } },
    'a boolean',
  ],
  [
    'cluster.options.slotsRefreshTimeout',
    { cluster: { nodes: [1], options: { slotsRefreshTimeout: 0 } } },
    'received 0',
  ],
  ['url', { cluster: { nodes: [1] }, url: 'redis://user:secret@host' }, 'a string'],
  ['connect', { cluster: { nodes: [1] }, connect: () => {} }, 'a function'],
  ['redis.db', { cluster: { nodes: [1] }, redis: { db: 5 } }, 'a number'],
  ['redis.sentinels', { cluster: { nodes: [1] }, redis: { sentinels: [] } }, 'an array'],
  ['url', { url: 5 }, 'a number'],
  ['maxConections', { maxConections: 5 }, 'a number'],
  ['options', [], 'an array'],
  ['options', 'redis://user:secret@localhost' as unknown as object, 'a URL goes into { url }'],
  ['isolation', { isolation: 'none' }, '"none"'],
  ['nested', { nested: 'yes' }, '"yes"'],
];

describe('options are checked when the instance is made', () => {
  it.each(bad)('%s of %j', (option, options, received) => {
    let error: unknown;
    try {
      createWithRedis(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION', name: 'ConfigurationError', option });
    expect((error as Error).message).toContain(option);
    expect((error as Error).message).toContain(received);
  });

  it('takes Infinity for no limit', () => {
    const none = Number.POSITIVE_INFINITY;
    expect(() =>
      createWithRedis({ url: 'redis://x', acquireTimeoutMs: none, deadlineMs: none, maxPending: none }),
    ).not.toThrow();
  });

  it('prints no secret, wherever it stands', () => {
    const secrets = [
      { url: 'http://user:hunter2@host' },
      { url: 'redis://user:hunter2@ho st:99999999' },
      { url: 'hunter2' },
      { pasword: 'hunter2' },
      {
        redis: 'hunter2-but-longer-than-any-limit-of-what-is-printed-here'.slice(0, 0) || {
          password: 'hunter2',
        },
        maxPending: -1,
      },
    ];
    for (const options of secrets) {
      let message = '';
      try {
        createWithRedis(options as object);
      } catch (error) {
        message = `${(error as Error).stack}${JSON.stringify(error)}`;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('hunter2');
    }
  });

  it('refuses bad call options, and a function that is none', async () => {
    const cache = createWithRedis({ url: 'redis://127.0.0.1:1' });
    const calls: [string, () => Promise<unknown>][] = [
      ['deadlineMs', () => cache(() => 1, { deadlineMs: 0 })],
      ['signal', () => cache(() => 1, { signal: {} as AbortSignal })],
      ['label', () => cache(() => 1, { label: 5 as unknown as string })],
      ['timeout', () => cache(() => 1, { timeout: 5 } as object)],
      ['retry.attempts', () => cache(() => 1, { retry: { attempts: -1 } })],
      ['key', () => cache(() => 1, { key: '' })],
      ['key', () => cache(() => 1, { key: 5 as unknown as string })],
      ['key', () => cache(() => 1, { key: null as unknown as string })],
      ['key', () => cache(() => 1, { key: { slot: 16_384 } })],
      ['key', () => cache.acquire({ key: { slot: 1.5 } })],
      ['fn', () => cache(undefined as unknown as () => 1)],
      ['fn', () => cache('label only' as unknown as () => 1)],
      ['deadlineMs', () => cache.close({ deadlineMs: -1 })],
    ];
    for (const [option, call] of calls) {
      expect((await outcomeOf(call())).error).toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION', option });
    }
    expect(cache.stats().created).toBe(0);
  });

  it('does not read REDIS_URL, credentials and all, where some place is named, be it by an empty name', () => {
    expect(targetOf(undefined, { host: '', port: 7171 })).toEqual({ host: '', port: 7171 });
    expect(targetOf(undefined, { port: 0 })).toEqual({ host: 'localhost', port: 0 });
    expect(targetOf(undefined, { db: 5 })).toBeUndefined();
  });

  it.each([
    'redis://h?port=9',
    'redis://h:8?port=9',
    'redis://h:6379?port=9',
    'redis://?host=x&port=9&db=3',
    'redis://h/2?host=x&db=3',
    'redis://u:p@h?username=v&password=q',
    'redis://[::1]?port=9',
    'redis://',
  ])('reads of %s what ioredis does', (url) => {
    const { options } = new Redis(url, { lazyConnect: true });
    const { host, port, db = 0, username = null, password = null } = readOptions({ url }).target ?? {};
    expect(options).toMatchObject({ host, port, db, username, password });
  });

  it('says that REDIS_URL is missing at the first call, not before', async () => {
    const before = process.env.REDIS_URL;
    delete process.env.REDIS_URL;
    try {
      const { error } = await outcomeOf(withRedis((redis) => redis.ping()));
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_CONFIGURATION', option: 'url' });
      expect((error as Error).message).toContain('REDIS_URL');
    } finally {
      if (before !== undefined) process.env.REDIS_URL = before;
    }
  });
});
