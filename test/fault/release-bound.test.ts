import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.js';
import { eventually, instanceOf, SOURCES, useServer } from '../support/harness.js';

const RELEASE_TIMEOUT_MS = 500;

const KINDS = SOURCES.flatMap((source) =>
  (['exclusive', 'shared', 'auto'] as const).map((isolation) => ({ ...source, isolation })),
);

/** What fn leaves to the release, and what becomes of the network. */
const CASES = [
  { left: 'a forgotten command', mode: { delayMs: 350 } },
  { left: 'a state to undo', mode: { delayMs: 350 } },
  { left: 'both', mode: { delayMs: 350 } },
  { left: 'a forgotten command', mode: 'blackhole' },
  { left: 'a forgotten command', mode: 'drop-replies' },
] as const;

/** Everything that a release does shares one limit: waiting for replies, undoing, and closing. */
describe.each(KINDS)('a release on a bad network, $source, $isolation', ({ pool, isolation }) => {
  const redis = useServer();
  const cases = CASES.filter(({ left }) => isolation !== 'shared' || left === 'a forgotten command');

  it.concurrent.each(cases)('$left, $mode', async ({ left, mode }) => {
    const proxy = await startFaultProxy(redis.server);
    const cache = instanceOf({
      url: proxy.url,
      pool,
      isolation,
      maxConnections: 2,
      releaseTimeoutMs: RELEASE_TIMEOUT_MS,
    });
    try {
      let done = 0;
      await cache(async (client) => {
        await client.ping();
        proxy.mode = mode;
        if (left !== 'a forgotten command') await client.call('WATCH', 'key');
        if (left !== 'a state to undo') void client.get('key');
        done = performance.now();
      });
      expect(performance.now() - done).toBeLessThan(RELEASE_TIMEOUT_MS + 150);
    } finally {
      await cache.close({ deadlineMs: 100 });
      await eventually(
        () => proxy.open,
        (open) => open === 0,
      );
      await proxy.close();
    }
  });
});

describe('a connection that may not be lent again when its release is over', () => {
  const redis = useServer();

  it('is closed although it was cleaned', async () => {
    const proxy = await startFaultProxy(redis.server);
    const cache = instanceOf({ url: proxy.url, pool: { maxLifetimeMs: 300 } });
    await cache(async (client) => {
      await client.call('WATCH', 'key');
      proxy.mode = { delayMs: 400 };
    });
    expect(cache.stats().destroyed).toEqual({ maxLifetime: 1 });
    await cache.close();
    await proxy.close();
  });
});
