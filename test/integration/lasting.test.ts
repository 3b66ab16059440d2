import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createWithRedis } from '../../src/index.js';
import { eventually, useInstances, useServer } from '../support/harness.js';
import { LASTING_WAYS, listen, publishUntilHeard } from '../support/lasting.js';
import { observeRedis } from '../support/redis-observer.js';
import { startRedisServer } from '../support/redis-server.js';
import { startSentinelGroup } from '../support/sentinel-group.js';

/** Publishes there, whether or not it has been restarted since. */
const at = (url: string, channel: string) => async (text: string) => {
  const observer = await observeRedis(url);
  await observer.command('PUBLISH', channel, text).finally(observer.close);
};

describe.each(LASTING_WAYS)('a scope that lasts, $isolation, pool: $pool', ({ isolation, pool }) => {
  const redis = useServer();
  const create = useInstances(() => ({ url: redis.url, pool, isolation: isolation as 'exclusive' }));

  it('subscribes anew after its connection was lost, hears of the loss at once, and tells of the retry', async () => {
    const retries: number[] = [];
    const cache = create({ observer: { onRetry: ({ attempt }) => retries.push(attempt) } });
    const listening = listen(cache, 'news');
    await publishUntilHeard(at(redis.url, 'news'), listening.heard, 'first');
    const killedAt = performance.now();
    await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'PUBSUB');
    await eventually(
      () => listening.lost,
      ({ length }) => length === 1,
    );
    // Not at a deadline, nor with the next command: there is none.
    expect(listening.lost[0]! - killedAt).toBeLessThan(1_000);
    await publishUntilHeard(at(redis.url, 'news'), listening.heard, 'second');
    expect(retries).toEqual([1]);
    listening.stop('the service stops');
    expect((await listening.ended).error).toBe('the service stops');
    await cache.close();
    expect(await redis.clients()).toEqual([]);
  });

  it('ends with the instance, by force when the time for it is over', async () => {
    const cache = create();
    const listening = listen(cache, 'end');
    await publishUntilHeard(at(redis.url, 'end'), listening.heard, 'heard');
    const report = await cache.close({ deadlineMs: 50 });
    expect(report).toMatchObject({ drained: false, forced: [{ label: 'end', lastCommand: 'subscribe' }] });
    expect((await listening.ended).error).toMatchObject({ name: 'ClosedError', label: 'end' });
    expect(await redis.clients()).toEqual([]);
  });
});

it('a scope that lasts outlives a restart of the server', async () => {
  const first = await startRedisServer();
  const cache = createWithRedis({ url: first.url });
  const listening = listen(cache, 'restart');
  await publishUntilHeard(at(first.url, 'restart'), listening.heard, 'before');
  await first.stop();
  await pause(300);
  const second = await startRedisServer({ port: first.port });
  await publishUntilHeard(at(second.url, 'restart'), listening.heard, 'after');
  listening.stop('done');
  expect((await listening.ended).error).toBe('done');
  await cache.close();
  await second.stop();
});

it('a scope that lasts follows the master that the sentinels name', async () => {
  const group = await startSentinelGroup();
  const cache = createWithRedis({ redis: { sentinels: [...group.sentinels], name: group.name } });
  const listening = listen(cache, 'moved');
  const before = await group.master();
  await publishUntilHeard(at(before.url, 'moved'), listening.heard, 'before');
  await group.failover();
  const after = await eventually(group.master, (master) => master !== before, 20_000);
  await publishUntilHeard(at(after.url, 'moved'), listening.heard, 'after');
  listening.stop('done');
  expect((await listening.ended).error).toBe('done');
  await cache.close();
  await group.stop();
}, 60_000);
