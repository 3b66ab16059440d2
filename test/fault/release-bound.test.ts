import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, SOURCES, useInstances, useServer } from '../support/harness.js';

/** Everything that a release does shares one limit: waiting for replies, undoing, and closing. */
describe.each(SOURCES)('a release on a slow network, $source', ({ pool }) => {
  const redis = useServer();
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
  });
  beforeEach(() => {
    proxy.mode = 'pass';
  });
  afterAll(() => proxy.close());
  const instance = useInstances(() => ({ url: proxy.url, pool, maxConnections: 1, releaseTimeoutMs: 500 }));

  it.each(['a forgotten command', 'a state to undo', 'both'])('%s and a slow close', async (left) => {
    const cache = instance();
    let done = 0;
    await cache(async (client) => {
      await client.ping();
      proxy.mode = { delayMs: 300 };
      if (left !== 'a forgotten command') await client.watch('key');
      if (left !== 'a state to undo') void client.get('key');
      done = performance.now();
    });
    expect(performance.now() - done).toBeLessThan(500 + 50);
    proxy.mode = 'pass';
    await eventually(redis.clients, (clients) => clients.length <= (pool ? 1 : 0));
  });
});
