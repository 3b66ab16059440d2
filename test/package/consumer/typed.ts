// TypeScript. Compiled as an ES module, as CommonJS, and for a bundler; each is then run.
import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import { createWithRedis, type Isolation, isWithRedisError, type Scope, withRedis } from 'with-redis';
import { type DashboardData, getRealtimeDashboardData } from 'with-redis/dashboard';
import plugin, { configs } from 'with-redis/eslint';
import { checkLeaks, type LeakReport } from 'with-redis/testing';

const key = `consumer:typed:${process.pid}`;
const isolation: Isolation = 'exclusive';
const store = (redis: Redis): Promise<'OK'> => redis.set(key, '1', 'EX', 60);
const attemptOf = (_redis: Redis, scope: Scope): number => scope.attempt;

async function main(): Promise<void> {
  const stored: 'OK' = await withRedis(store);
  const attempt: number = await withRedis(attemptOf);
  assert.deepEqual([stored, attempt], ['OK', 1]);

  const cache = createWithRedis({ pool: true, maxConnections: 2, isolation });
  const value: string | null = await cache('read', async (redis) => redis.get(key));
  assert.equal(value, '1');

  // @ts-expect-error A scope takes its connection back by itself.
  const refusal: unknown = await cache((redis) => redis.quit()).catch((error: unknown) => error);
  assert.ok(isWithRedisError(refusal));
  assert.equal(refusal.code, 'ERR_WITH_REDIS_STATEFUL_COMMAND');

  const quiet = { info() {}, warn() {}, error() {} };
  const options = { withRedis: cache, key: `${key}:absent`, attempts: 1, logger: quiet };
  const data: DashboardData | null = await getRealtimeDashboardData(options);
  assert.equal(data, null);

  const report: LeakReport = await checkLeaks(() => cache((redis) => redis.get(key)), { calls: 5 });
  assert.deepEqual([report.ok, report.leaked], [true, []]);
  assert.equal(plugin.configs.recommended, configs.recommended);

  await cache.close();
  console.log('done');
}

main();
