import { expect, it } from 'vitest';
import { isAllowed } from '../../../src/eslint/allowed-files.js';

it.each([
  ['src/redis.ts', '/app/src/redis.ts', true],
  ['redis.ts', '/app/src/redis.ts', true],
  ['redis.ts', '/app/src/my-redis.ts', false],
  ['./src/redis.ts', 'C:\\app\\src\\redis.ts', true],
  ['/app/src/redis.ts', '/app/src/redis.ts', true],
  ['src/redis/', '/app/src/redis/pool/client.ts', true],
  ['src/*.ts', '/app/src/redis.ts', true],
  ['src/*.ts', '/app/src/redis/client.ts', false],
  ['src/**/*.ts', '/app/src/redis.ts', true],
  ['src/**/*.ts', '/app/src/a/b/redis.ts', true],
  ['**/*.test.{ts,js}', '/app/src/a.test.js', true],
  ['**/*.test.{ts,js}', '/app/src/a.test.jsx', false],
  ['redis.t?', '/app/redis.ts', true],
  ['redis.ts', '/app/redisxts', false],
  ['{a.js', '/app/{a.js', true],
  ['{a.js', '/app/a.js', false],
  ['a}.js', '/app/a}.js', true],
  ['{a,{b,c}.js', '/app/{a,c.js', true],
  ['a{b{c,d},e}.js', '/app/abd.js', true],
  ['a{b{c,d},e}.js', '/app/ac.js', false],
  ['a,b.js', '/app/a,b.js', true],
  ['a,b.js', '/app/b.js', false],
])('%s, for %s: %s', (pattern, file, allowed) => {
  expect(isAllowed(file, [pattern])).toBe(allowed);
});
