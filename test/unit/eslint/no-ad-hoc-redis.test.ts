import parser from '@typescript-eslint/parser';
import { type Linter, type Rule, RuleTester } from 'eslint';
import { RuleTester as RuleTester9 } from 'eslint-9';
import { describe, expect, it, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import plugin, { configs, rules } from '../../../src/eslint/index.js';

const rule = rules['no-ad-hoc-redis'] as never;
const says = (start: string, rest: string) => [
  { message: new RegExp(`^${start.replace(/[.()[\]]/g, '\\$&')} ${rest}`) },
];
const invalid = (code: string, what: string) => ({
  code,
  errors: says(what, 'opens .*createWithRedis.*cache.redis; .*/instance/README.md#a-scope-that-lasts'),
});
const duplicate = (code: string, what: string) => ({
  code,
  errors: says(what, 'opens one more .*/instance/README.md#a-scope-that-lasts.*cache.redis'),
});
const handedOn = (code: string, what: string) => ({
  code,
  errors: says(`exporting ${what}`, 'lets .*createWithRedis'),
});

/** Each set of cases in every ESLint that is supported. */
function inEach(title: string, options: Linter.Config, cases: Parameters<RuleTester['run']>[2]): void {
  for (const [major, Tester] of [
    ['9', RuleTester9 as unknown as typeof RuleTester],
    ['10', RuleTester],
  ] as const) {
    Object.assign(Tester, { describe, it });
    new Tester(options).run(`no-ad-hoc-redis, in ${title}, in ESLint ${major}`, rule, cases);
  }
}

inEach(
  'modules',
  {},
  {
    valid: [
      `import { Redis } from './redis.js'; new Redis();`,
      `import { Redis } from 'somewhere'; new Redis(); createClient();`,
      `import { createClient } from '@supabase/supabase-js'; createClient('url', 'key');`,
      `import { Redis } from 'ioredis'; function f(Redis) { return new Redis(); }`,
      `import { Redis } from 'ioredis'; { class Redis {} new Redis(); }`,
      `import { Redis } from 'ioredis'; export const isRedis = (value) => value instanceof Redis;`,
      `import { Command } from 'ioredis'; new Command('get');`,
      `import { createWithRedis } from 'with-redis'; createWithRedis();`,
      `import * as redis from 'redis'; redis.commandOptions(); redis[name]();`,
      `let Client = local; import { Redis } from 'ioredis'; Client = Redis; new Client();`,
      `new Redis(); createClient(); const a = b; const b = a; new a();`,
      `const { [key]: Any } = await import('ioredis'); new Any();`,
      `import('ioredis').then(({ Command }) => new Command('get')); import('./redis.js').then((m) => new m.Redis());`,
      `import('ioredis').then(null, (Redis) => new Redis()); load(({ Redis }) => new Redis());`,
      `import('ioredis').then((m) => { m = local; new m.Redis(); });`,
      `import('ioredis').then(({ Command }) => Command).then((Redis) => new Redis('get'));`,
      `export { Command, ReplyError as Failure } from 'ioredis'; export * from './redis.js';`,
      `import { Command } from 'ioredis'; export { Command }; export default Command; export const C = Command;`,
      `export const { Command } = await import('ioredis'); export const known = ['ioredis'];`,
      `import { commandOptions } from 'redis'; export { commandOptions }; export function Redis() {}`,
      `export class Redis extends Local {} class Local {} export default class {}`,
      `const stream = { duplicate() {} }; stream.duplicate(); export const other = stream.duplicate();`,
      `import { Command } from 'ioredis'; new Command('get').duplicate();`,
      `const redis = make(); redis.duplicate(); other.redis.duplicate();`,
      {
        code: `export { Redis } from 'ioredis';`,
        options: [{ allow: ['redis.js'] }],
        filename: '/app/redis.js',
      },
      {
        code: `import { Redis } from 'ioredis'; new Redis();`,
        options: [{ allow: ['src/redis.js'] }],
        filename: '/app/src/redis.js',
      },
      {
        code: `import { Redis } from 'ioredis'; new Redis();`,
        options: [{ allow: ['test/**'] }],
        filename: '/app/test/unit/a.js',
      },
    ],
    invalid: [
      invalid(`import Redis from 'ioredis'; new Redis();`, 'new Redis()'),
      invalid(`import { Redis } from 'ioredis'; new Redis(6379);`, 'new Redis()'),
      invalid(`import { Redis as Client } from 'ioredis'; new Client();`, 'new Client()'),
      invalid(`import { default as Client } from 'ioredis'; new Client();`, 'new Client()'),
      invalid(`import * as io from 'ioredis'; new io.Redis();`, 'new io.Redis()'),
      invalid(`import * as io from 'ioredis'; new io.default();`, 'new io.default()'),
      invalid(`import * as io from 'ioredis'; new io['Cluster']([]);`, `new io['Cluster']()`),
      invalid(`import Redis from 'ioredis'; new Redis.Cluster([]);`, 'new Redis.Cluster()'),
      invalid(`import { Cluster } from 'ioredis'; new Cluster([]);`, 'new Cluster()'),
      invalid(`import { Redis } from 'iovalkey'; new Redis();`, 'new Redis()'),
      invalid(`import Valkey from 'iovalkey'; new Valkey();`, 'new Valkey()'),
      invalid(`import Redis from 'ioredis'; Redis.createClient();`, 'Redis.createClient()'),
      invalid(`import { createClient } from 'redis'; await createClient().connect();`, 'createClient()'),
      invalid(`import { createClient as make } from '@redis/client'; make();`, 'make()'),
      invalid(`import * as redis from 'redis'; redis.createClient?.();`, 'redis.createClient()'),
      invalid(`import redis from 'redis'; redis.createCluster({});`, 'redis.createCluster()'),
      invalid(`import { createClientPool } from 'redis'; createClientPool();`, 'createClientPool()'),
      invalid(`import { createSentinel } from 'redis'; createSentinel({});`, 'createSentinel()'),
      invalid(`import { Redis } from 'ioredis'; const A = Redis; const B = A; new B();`, 'new B()'),
      invalid(`import { Redis } from 'ioredis'; class Cache extends Redis {} new Cache();`, 'new Cache()'),
      invalid(`const { Redis } = await import('ioredis'); new Redis();`, 'new Redis()'),
      invalid(`const { default: { Cluster: C } } = await import('ioredis'); new C();`, 'new C()'),
      invalid('new (await import(`ioredis`)).default();', 'new (await import(`ioredis`)).default()'),
      invalid(
        `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
       const { createClient } = require('redis'); createClient();`,
        'createClient()',
      ),
      invalid(`import('ioredis').then(({ Redis }) => new Redis().get('a'));`, 'new Redis()'),
      invalid(`import('ioredis').then(({ Cluster: C }) => { new C([]); });`, 'new C()'),
      invalid(`import('ioredis').then(function (io) { return new io.default(); });`, 'new io.default()'),
      invalid(`const R = await import('ioredis').then((io) => io.Redis); new R();`, 'new R()'),
      invalid(`import('ioredis').then((io) => { return io.Redis; }).then((R) => new R());`, 'new R()'),
      invalid(`const io = import('redis'); io.then(({ createClient }) => createClient());`, 'createClient()'),
      invalid(`import { Redis } from 'ioredis'; const C = class extends Redis {}; new C();`, 'new C()'),
      handedOn(`export { Redis } from 'ioredis';`, 'Redis of ioredis'),
      handedOn(`export { default as Client } from 'ioredis';`, 'ioredis'),
      handedOn(`export { Command, Cluster } from 'ioredis';`, 'Cluster of ioredis'),
      handedOn(`export * from 'ioredis';`, 'ioredis'),
      handedOn(`export * as io from 'iovalkey';`, 'iovalkey'),
      handedOn(`export { createClient as make } from 'redis';`, 'createClient of redis'),
      handedOn(`import { Redis } from 'ioredis'; export { Redis as Client };`, 'Redis of ioredis'),
      handedOn(`import * as redis from 'redis'; export default redis;`, 'redis'),
      handedOn(`import Redis from 'ioredis'; export const Client = Redis.Cluster;`, 'Cluster of ioredis'),
      handedOn(`export const { Redis, Command } = await import('ioredis');`, 'Redis of ioredis'),
      handedOn(`import { Redis } from 'ioredis'; export class Client extends Redis {}`, 'Redis of ioredis'),
      handedOn(`import { Redis } from 'ioredis'; export default class extends Redis {}`, 'Redis of ioredis'),
      {
        code: `import { Redis } from 'ioredis'; const redis = new Redis(); const sub = redis.duplicate();`,
        errors: [{ messageId: 'adHoc' }, { messageId: 'duplicate' }],
      },
      {
        code: `import { createClient } from 'redis';
             const client = await createClient().on('error', console.error).connect();
             const sub = client.duplicate(); await sub.connect(); sub.duplicate();`,
        errors: [{ messageId: 'adHoc' }, { messageId: 'duplicate' }, { messageId: 'duplicate' }],
      },
      {
        ...invalid(`import { Redis } from 'ioredis'; new Redis();`, 'new Redis()'),
        options: [{ allow: ['src/redis.js'] }],
        filename: '/app/src/other-redis.js',
      },
    ],
  },
);

inEach(
  'scripts',
  { languageOptions: { sourceType: 'commonjs', globals: { require: 'readonly' } } },
  {
    valid: [
      `const Redis = require('./ioredis'); new Redis();`,
      `function f(require) { const Redis = require('ioredis'); new Redis(); }`,
      `const name = 'ioredis'; new (require(name))();`,
      `module.exports = { Command: require('ioredis').Command, ...others }; exports.a = require('./ioredis');`,
      `other.exports = require('ioredis');`,
    ],
    invalid: [
      invalid(`const Redis = require('ioredis'); new Redis();`, 'new Redis()'),
      invalid(`const { Redis: Client } = require('ioredis'); new Client();`, 'new Client()'),
      invalid(`const { createClient } = require('redis'); createClient();`, 'createClient()'),
      invalid(`const redis = require('redis'); redis.createClient();`, 'redis.createClient()'),
      invalid(`new (require('ioredis'))();`, `new require('ioredis')()`),
      invalid(`require('redis').createClient();`, `require('redis').createClient()`),
      handedOn(`module.exports = require('ioredis');`, 'ioredis'),
      handedOn(`exports.Redis = require('ioredis').Redis;`, 'Redis of ioredis'),
      handedOn(`module.exports.io = require('ioredis');`, 'ioredis'),
      handedOn(`const { Redis } = require('ioredis'); module.exports = { Redis };`, 'Redis of ioredis'),
      handedOn(`module.exports = { ...require('redis') };`, 'redis'),
      invalid(`let Redis; Redis = require('ioredis').Redis; new Redis();`, 'new Redis()'),
    ],
  },
);

inEach(
  'TypeScript',
  { languageOptions: { parser } },
  {
    valid: [
      `import type { Redis } from 'ioredis'; declare const R: typeof Redis; new R();`,
      `import { type Redis } from 'ioredis'; export type Client = Redis; const f = (redis: Redis) => redis.get('a');`,
      `import type Redis = require('ioredis'); export type Client = Redis;`,
      `export type { Redis } from 'ioredis'; export { type Cluster } from 'ioredis'; export type * from 'redis';`,
      `import type { Redis } from 'ioredis'; export { Redis }; export type { Redis as Client };`,
      `import type { Redis, Command } from 'ioredis'; const f = (command: Command) => command.duplicate();`,
      `import type { Redis } from './redis.js'; const f = (redis: Redis) => redis.duplicate();`,
    ],
    invalid: [
      invalid(
        `import { Redis, type RedisOptions } from 'ioredis'; new Redis({} as RedisOptions);`,
        'new Redis()',
      ),
      invalid(`import Redis = require('ioredis'); new Redis();`, 'new Redis()'),
      invalid(`import { Redis } from 'ioredis'; new (Redis as any)();`, 'new Redis as any()'),
      invalid(`import { Redis } from 'ioredis'; const R = Redis!; new R<string>();`, 'new R()'),
      handedOn(`import { Redis } from 'ioredis'; export = Redis;`, 'Redis of ioredis'),
      duplicate(
        `import type { Redis } from 'ioredis'; const f = (redis: Redis) => redis.duplicate();`,
        'redis.duplicate()',
      ),
      duplicate(
        `import type Redis from 'ioredis'; class Listener { constructor(redis: Redis) { redis.duplicate(); } }`,
        'redis.duplicate()',
      ),
      duplicate(
        `import type { RedisClientType } from 'redis'; declare const c: RedisClientType; c.duplicate();`,
        'c.duplicate()',
      ),
    ],
  },
);

describe('the plugin', () => {
  test('leads to the repository that package.json names', () => {
    const { meta } = rules['no-ad-hoc-redis'] as unknown as Rule.RuleModule;
    const pages = manifest.homepage.replace('#readme', '/blob/main/src');
    expect(meta?.docs?.url).toBe(`${pages}/eslint/README.md#the-rule`);
    expect(meta?.messages?.adHoc).toContain(`${pages}/instance/README.md#a-scope-that-lasts`);
  });

  test('has a recommended config that names itself', () => {
    const recommended: Linter.Config = configs.recommended;
    expect(recommended.plugins?.['with-redis']).toBe(plugin);
    expect(recommended.rules).toEqual({ 'with-redis/no-ad-hoc-redis': 'error' });
  });
});
