import parser from '@typescript-eslint/parser';
import { type Linter, type Rule, RuleTester } from 'eslint';
import { RuleTester as RuleTester9 } from 'eslint-9';
import { describe, expect, it, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import plugin, { configs, rules } from '../../../src/eslint/index.js';

const rule = rules['no-ad-hoc-redis'] as never;
const says = (start: string, rest: string) => [
  { message: new RegExp(`^${start.replace(/[.?()[\]]/g, '\\$&')} ${rest}`) },
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
      `import { Redis } from 'ioredis'; import { createWithRedis } from 'with-redis';
       export const cache = createWithRedis({ connect: () => new Redis(), pool: true });`,
      `import { Redis } from 'ioredis'; import { createWithRedis as make } from './with-redis.js';
       make({ async connect() { const options = await load(); return new Redis(options); } });`,
      `import Redis from 'ioredis'; import * as lib from 'with-redis'; lib.createWithRedis({ 'connect': function () { return Redis.createClient(); } });`,
      `import { Redis } from 'ioredis'; import { replaceRedis } from 'with-redis/testing'; replaceRedis(cache, () => new Redis(url));`,
      `import { Redis } from 'ioredis'; import { createWithRedis } from 'with-redis';
       createWithRedis({ ...(x && { connect: () => new Redis() }) }); createWithRedis(x ? { connect: () => new Redis() } : {});`,
      `class A { constructor() { this.r = make(); this.s.r = other; } f() { this.r.duplicate(); this.s.duplicate(); } }`,
      `class A { constructor() { this.a = this.b; this.b = this.a; } f() { this.a.duplicate(); } }`,
      `const { Command = X, ...io } = await import('ioredis'); new Command('get'); new io.Pipeline();`,
      `import { Redis } from 'ioredis'; new (Redis, Local)();`,
      `class A { a = this.b; b = this.a; c = this.c; f() { this.a.duplicate(); new this.c(); } }`,
      `import { Command } from 'ioredis'; export default { Command, nested: [Command, , ...others] }; export const lib = { Command };`,
      `const a = { b }; const b = { a, c: [a] }; export { a }; export default b; export const [c, { d }] = [{ b }, a];`,
      `import Pipeline from 'ioredis/built/Pipeline'; new Pipeline(); import Errors from 'ioredis/built/errors/index.js'; new Errors();`,
      `import { Command } from 'ioredis'; new (a ? Command : Local)(); new (Local ?? Command)();`,
      `class A { #redis = make(); f() { this.#redis.duplicate(); this.redis.duplicate(); } } this.redis.duplicate();`,
      `import { Redis } from 'ioredis'; class A { redis = make(); f() { function g() { this.redis.duplicate(); } } }`,
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
      handedOn(`import { Redis } from 'ioredis'; export default { Redis };`, 'Redis of ioredis'),
      handedOn(`import { Redis } from 'ioredis'; export const lib = { Redis };`, 'Redis of ioredis'),
      handedOn(`import Redis from 'ioredis'; const lib = { a: [{ Redis }] }; export { lib };`, 'ioredis'),
      handedOn(`import * as io from 'ioredis'; const lib = { ...io, a: 1 }; export default lib;`, 'ioredis'),
      handedOn(
        `import { createClient } from 'redis'; export const makers = [createClient];`,
        'createClient of redis',
      ),
      handedOn(
        `import { Redis } from 'ioredis'; export const Client = mock ? Fake : Redis;`,
        'Redis of ioredis',
      ),
      handedOn(`export { default } from 'ioredis/built/Redis.js';`, 'Redis of ioredis'),
      {
        code: `import { Redis, Cluster } from 'ioredis'; export default { Redis, Cluster };`,
        errors: [
          { messageId: 'handedOn', column: 60 },
          { messageId: 'handedOn', column: 67 },
        ],
      },
      invalid(`import Redis from 'ioredis/built/Redis'; new Redis();`, 'new Redis()'),
      invalid(`import Redis from 'iovalkey/built/Redis.js'; new Redis();`, 'new Redis()'),
      invalid(`import Cluster from 'ioredis/built/cluster/index.js'; new Cluster([]);`, 'new Cluster()'),
      invalid(`import { Redis } from 'ioredis/built'; new Redis();`, 'new Redis()'),
      invalid(`import { Redis } from 'ioredis'; new (a ? Redis : X)();`, 'new a ? Redis : X()'),
      invalid(
        `import { Redis, Command } from 'ioredis'; new (a ? Command : Redis)();`,
        'new a ? Command : Redis()',
      ),
      invalid(`import { Redis } from 'ioredis'; const R = Fake ?? Redis; new R();`, 'new R()'),
      invalid(
        `import { Redis } from 'ioredis'; import { replaceRedis } from 'with-redis/testing'; replaceRedis(new Redis(), make);`,
        'new Redis()',
      ),
      invalid(
        `import { Redis } from 'ioredis'; class A { R = Redis; f() { new this.R(); } }`,
        'new this.R()',
      ),
      invalid(`import { Redis } from 'ioredis'; make({ connect: () => new Redis() });`, 'new Redis()'),
      invalid(
        `import { Redis } from 'ioredis'; import { createWithRedis } from 'with-redis'; createWithRedis({ observer: () => new Redis() });`,
        'new Redis()',
      ),
      invalid(
        `import { Redis } from 'ioredis'; import { createWithRedis } from 'with-redis'; createWithRedis({ redis: { connect: new Redis() } });`,
        'new Redis()',
      ),
      {
        code: `import { Redis } from 'ioredis';
             class A { #redis = new Redis(); f() { return () => this.#redis.duplicate(); } }`,
        errors: [{ messageId: 'adHoc' }, { messageId: 'duplicate' }],
      },
      {
        code: `import { Redis } from 'ioredis';
             class A { constructor() { this.r = new Redis(); } f() { this.r.duplicate(); } }`,
        errors: [{ messageId: 'adHoc' }, { messageId: 'duplicate' }],
      },
      {
        code: `import { createClient } from 'redis';
             class A { r = null; async open() { this.r = await createClient().connect(); } f() { this.r.duplicate(); } }`,
        errors: [{ messageId: 'adHoc' }, { messageId: 'duplicate' }],
      },
      invalid(`import { createClient } from 'redis'; (0, createClient)();`, '0, createClient()'),
      invalid(`import { Redis } from 'ioredis'; new (0, Redis)();`, 'new 0, Redis()'),
      invalid(`import('ioredis').then(({ Redis = X }) => new Redis());`, 'new Redis()'),
      handedOn(`export const { Redis = X } = await import('ioredis');`, 'Redis of ioredis'),
      handedOn(`export const { Command, ...io } = await import('ioredis');`, 'ioredis'),
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
      handedOn(
        `const { Redis } = require('ioredis'); const lib = { Redis }; module.exports = lib;`,
        'Redis of ioredis',
      ),
      handedOn(`const { Redis } = require('ioredis'); exports.lib = { a: { Redis } };`, 'Redis of ioredis'),
      invalid(`const Redis = require('ioredis/built/Redis').default; new Redis();`, 'new Redis()'),
      invalid(`let Redis; Redis = require('ioredis').Redis; new Redis();`, 'new Redis()'),
      invalid(`const { ...io } = require('ioredis'); new io.Redis();`, 'new io.Redis()'),
      invalid(`const { Redis = X } = require('ioredis'); new Redis();`, 'new Redis()'),
      invalid(`const { Redis: R = X } = require('ioredis'); new R();`, 'new R()'),
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
      `import { Redis } from 'ioredis'; declare module 'x' { export { Redis }; export class Client extends Redis {} }`,
      `declare module 'x' { import Redis from 'ioredis'; export default Redis; export * from 'ioredis'; export = Redis; }`,
      `import { Redis } from 'ioredis'; export declare class Client extends Redis {} export declare const R: typeof Redis;`,
      `import { Redis } from 'ioredis'; import { createWithRedis, type WithRedisOptions } from 'with-redis';
       createWithRedis({ connect: () => new Redis() as Redis } satisfies WithRedisOptions as WithRedisOptions);`,
      { code: `export { Redis } from 'ioredis';`, filename: '/app/types/redis.d.mts' },
      `import type * as io from 'ioredis'; const f = (command: io.Command, other: Other.Redis | undefined) => [command.duplicate(), other.duplicate()];`,
      `export import R = require('./ioredis'); export import type T = require('ioredis');`,
      `import type { Redis } from 'ioredis'; class A { [key]: Redis; f() { this[other].duplicate(); } }`,
      `import type { Redis } from './redis.js'; class A { constructor(private redis: Redis) {} f() { this.redis.duplicate(); } }`,
      `import type { Redis } from 'ioredis'; class A { constructor(redis: Redis) {} f() { this.redis.duplicate(); this.constructor.duplicate(); } }`,
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
        `import type { Redis } from 'ioredis'; class A { constructor(private r: Redis) {} f() { this.r.duplicate(); } }`,
        'this.r.duplicate()',
      ),
      duplicate(
        `import type { Redis } from 'ioredis'; class A { constructor(private readonly r: Redis = make()) { this.r.duplicate(); } }`,
        'this.r.duplicate()',
      ),
      duplicate(
        `import type { Redis } from 'ioredis'; class A { private r?: Redis; f = () => this.r?.duplicate(); }`,
        'this.r?.duplicate()',
      ),
      handedOn(`import { Redis } from 'ioredis'; export default { Redis } as const;`, 'Redis of ioredis'),
      handedOn(
        `import { Redis } from 'ioredis'; export namespace X { export const lib = { Redis }; }`,
        'Redis of ioredis',
      ),
      duplicate(
        `import type * as io from 'ioredis'; const f = (redis: io.Redis) => redis.duplicate();`,
        'redis.duplicate()',
      ),
      duplicate(
        `import type { Redis } from 'ioredis'; const f = (redis: Redis | undefined) => redis?.duplicate();`,
        'redis?.duplicate()',
      ),
      handedOn(`export import R = require('ioredis');`, 'ioredis'),
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
