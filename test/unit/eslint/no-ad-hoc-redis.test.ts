import parser from '@typescript-eslint/parser';
import { type Linter, RuleTester } from 'eslint';
import { describe, expect, it } from 'vitest';
import plugin, { configs, rules } from '../../../src/eslint/index.js';

RuleTester.describe = describe;
RuleTester.it = it;

const rule = rules['no-ad-hoc-redis'] as never;
const adHoc = (what: string) => [
  { message: new RegExp(`^${what.replace(/[.()[\]]/g, '\\$&')} opens .*withRedis`) },
];
const invalid = (code: string, what: string) => ({ code, errors: adHoc(what) });

const modules = new RuleTester();
const scripts = new RuleTester({
  languageOptions: { sourceType: 'commonjs', globals: { require: 'readonly' } },
});
const typescript = new RuleTester({ languageOptions: { parser } });

modules.run('no-ad-hoc-redis, in modules', rule, {
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
    {
      ...invalid(`import { Redis } from 'ioredis'; new Redis();`, 'new Redis()'),
      options: [{ allow: ['src/redis.js'] }],
      filename: '/app/src/other-redis.js',
    },
  ],
});

scripts.run('no-ad-hoc-redis, in scripts', rule, {
  valid: [
    `const Redis = require('./ioredis'); new Redis();`,
    `function f(require) { const Redis = require('ioredis'); new Redis(); }`,
    `const name = 'ioredis'; new (require(name))();`,
  ],
  invalid: [
    invalid(`const Redis = require('ioredis'); new Redis();`, 'new Redis()'),
    invalid(`const { Redis: Client } = require('ioredis'); new Client();`, 'new Client()'),
    invalid(`const { createClient } = require('redis'); createClient();`, 'createClient()'),
    invalid(`const redis = require('redis'); redis.createClient();`, 'redis.createClient()'),
    invalid(`new (require('ioredis'))();`, `new require('ioredis')()`),
    invalid(`require('redis').createClient();`, `require('redis').createClient()`),
    invalid(`let Redis; Redis = require('ioredis').Redis; new Redis();`, 'new Redis()'),
  ],
});

typescript.run('no-ad-hoc-redis, in TypeScript', rule, {
  valid: [
    `import type { Redis } from 'ioredis'; declare const R: typeof Redis; new R();`,
    `import { type Redis } from 'ioredis'; export type Client = Redis; const f = (redis: Redis) => redis.get('a');`,
    `import type Redis = require('ioredis'); export type Client = Redis;`,
  ],
  invalid: [
    invalid(
      `import { Redis, type RedisOptions } from 'ioredis'; new Redis({} as RedisOptions);`,
      'new Redis()',
    ),
    invalid(`import Redis = require('ioredis'); new Redis();`, 'new Redis()'),
    invalid(`import { Redis } from 'ioredis'; new (Redis as any)();`, 'new Redis as any()'),
    invalid(`import { Redis } from 'ioredis'; const R = Redis!; new R<string>();`, 'new R()'),
  ],
});

describe('the plugin', () => {
  it('has a recommended config that names itself', () => {
    const recommended: Linter.Config = configs.recommended;
    expect(recommended.plugins?.['with-redis']).toBe(plugin);
    expect(recommended.rules).toEqual({ 'with-redis/no-ad-hoc-redis': 'error' });
  });
});
