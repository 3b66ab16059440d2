// The ESM and the CommonJS copy in one process: two sets of classes, one guard.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as esm from 'with-redis';
import * as esmDashboard from 'with-redis/dashboard';

const require = createRequire(import.meta.url);
const cjs = require('with-redis');
const cjsDashboard = require('with-redis/dashboard');

assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort());
assert.deepEqual(Object.keys(esmDashboard).sort(), Object.keys(cjsDashboard).sort());

const refusalOf = (copy) => {
  try {
    return copy.createWithRedis({ maxConnections: 0 });
  } catch (error) {
    return error;
  }
};
for (const [maker, reader] of [
  [esm, cjs],
  [cjs, esm],
]) {
  const error = refusalOf(maker);
  assert.ok(error instanceof maker.ConfigurationError);
  assert.ok(!(error instanceof reader.WithRedisError), 'two copies are what this is about');
  assert.ok(reader.isWithRedisError(error));
  assert.equal(error.code, 'ERR_WITH_REDIS_CONFIGURATION');
}
for (const other of [new Error('other'), { code: 'ERR_WITH_REDIS_CLOSED' }, undefined, null, 'text']) {
  assert.ok(!esm.isWithRedisError(other));
  assert.ok(!cjs.isWithRedisError(other));
}
console.log('done');
