import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { type CallOptions, createWithRedis, type WithRedis } from '../../src/index.js';
import { eventually, outcomeOf, useInstances, useServer } from '../support/harness.js';
import { startRedisServer } from '../support/redis-server.js';
import { startSentinelGroup } from '../support/sentinel-group.js';

/** As the recipe has it: a scope that lasts, and begins anew where its connection was lost. */
const forEver = (signal: AbortSignal): CallOptions => ({
  signal,
  deadlineMs: Infinity,
  acquireTimeoutMs: 1_000,
  retry: { attempts: Infinity, delayMs: 20, maxDelayMs: 200, jitter: 'full', when: ({ ok }) => !ok },
});

/** Listens until it is stopped; what it hears is to be found in `heard`. */
function listen(cache: WithRedis, channel: string) {
  const stop = new AbortController();
  const heard: string[] = [];
  const lost: number[] = [];
  const ended = outcomeOf(
    cache(
      channel,
      async (redis, scope) => {
        redis.on('message', (_, text: string) => heard.push(text));
        await redis.subscribe(channel);
        await once(scope.signal, 'abort');
        lost.push(performance.now());
        throw scope.signal.reason;
      },
      forEver(stop.signal),
    ),
  );
  return { heard, lost, ended, stop: (reason: unknown) => stop.abort(reason) };
}

/** Publishes until somebody has heard it. */
async function publishUntilHeard(url: string, channel: string, heard: string[], text: string) {
  const publisher = new Redis(url, { retryStrategy: () => 50 });
  publisher.on('error', () => {});
  try {
    await eventually(
      async () => {
        await publisher.publish(channel, text).catch(() => {});
        await pause(20);
        return heard;
      },
      (all) => all.includes(text),
      15_000,
    );
  } finally {
    publisher.disconnect();
  }
}

describe.each([
  { isolation: 'exclusive', pool: false },
  { isolation: 'exclusive', pool: true },
  { isolation: 'auto', pool: true },
] as const)('a scope that lasts, $isolation, pool: $pool', ({ isolation, pool }) => {
  const redis = useServer();
  const create = useInstances(() => ({ url: redis.url, pool, isolation: isolation as 'exclusive' }));

  it('subscribes anew after its connection was lost, hears of the loss at once, and tells of the retry', async () => {
    const retries: number[] = [];
    const cache = create({ observer: { onRetry: ({ attempt }) => retries.push(attempt) } });
    const listening = listen(cache, 'news');
    await publishUntilHeard(redis.url, 'news', listening.heard, 'first');
    const killedAt = performance.now();
    await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'PUBSUB');
    await eventually(
      () => listening.lost,
      ({ length }) => length === 1,
    );
    // Not at a deadline, nor with the next command: there is none.
    expect(listening.lost[0]! - killedAt).toBeLessThan(1_000);
    await publishUntilHeard(redis.url, 'news', listening.heard, 'second');
    expect(retries).toEqual([1]);
    listening.stop('the service stops');
    expect((await listening.ended).error).toBe('the service stops');
    await cache.close();
    expect(await redis.clients()).toEqual([]);
  });

  it('ends with the instance, by force when the time for it is over', async () => {
    const cache = create();
    const listening = listen(cache, 'end');
    await publishUntilHeard(redis.url, 'end', listening.heard, 'heard');
    const report = await cache.close({ deadlineMs: 50 });
    expect(report).toMatchObject({ drained: false, forced: [{ label: 'end', lastCommand: 'subscribe' }] });
    expect((await listening.ended).error).toMatchObject({ name: 'ClosedError', label: 'end' });
    expect(await redis.clients()).toEqual([]);
  });

  it('reads what is pending first, so that a stream loses no entry however often the connection goes', async () => {
    const cache = create();
    const stream = `orders:${isolation}:${pool}`;
    await redis.observer.command('XGROUP', 'CREATE', stream, 'workers', '$', 'MKSTREAM');
    const stop = new AbortController();
    const done = new Set<string>();
    const consuming = outcomeOf(
      cache(
        'orders',
        async (r, { signal }) => {
          let from = '0';
          while (!signal.aborted) {
            const read = await r.xreadgroup(
              ...(['GROUP', 'workers', 'me', 'COUNT', 5, 'BLOCK', 200, 'STREAMS', stream, from] as const),
            );
            const entries = (read as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? [];
            if (entries.length === 0) from = '>';
            for (const [id] of entries) {
              await r.xack(stream, 'workers', id);
              done.add(id);
            }
          }
        },
        forEver(stop.signal),
      ),
    );
    const added: unknown[] = [];
    for (let n = 0; n < 60; n += 1) {
      added.push(await redis.observer.command('XADD', stream, '*', 'n', String(n)));
      if (n % 10 === 9) await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
      await pause(5);
    }
    const groupOf = async () => {
      const [group] = (await redis.observer.command('XINFO', 'GROUPS', stream)) as [string[]];
      return Object.fromEntries(group.flatMap((name, at) => (at % 2 === 0 ? [[name, group[at + 1]]] : [])));
    };
    await eventually(
      groupOf,
      (group) => Number(group.pending) === 0 && group['last-delivered-id'] === added.at(-1),
      15_000,
    );
    // Acknowledged is done; only who was cut off while it acknowledged does not know.
    expect(added.filter((id) => !done.has(id as string)).length).toBeLessThanOrEqual(6);
    stop.abort('enough');
    expect((await consuming).error).toBe('enough');
  });
});

it('a scope that lasts outlives a restart of the server', async () => {
  const first = await startRedisServer();
  const cache = createWithRedis({ url: first.url });
  const listening = listen(cache, 'restart');
  await publishUntilHeard(first.url, 'restart', listening.heard, 'before');
  await first.stop();
  await pause(300);
  const second = await startRedisServer({ port: first.port });
  await publishUntilHeard(second.url, 'restart', listening.heard, 'after');
  listening.stop('done');
  expect((await listening.ended).error).toBe('done');
  await cache.close();
  await second.stop();
});

it('a scope that lasts follows the master that the sentinels name', async () => {
  const group = await startSentinelGroup();
  const cache = createWithRedis({ redis: { sentinels: [...group.sentinels], name: group.name } });
  const listening = listen(cache, 'moved');
  await publishUntilHeard((await group.master()).url, 'moved', listening.heard, 'before');
  await group.failover();
  await publishUntilHeard((await group.master()).url, 'moved', listening.heard, 'after');
  listening.stop('done');
  expect((await listening.ended).error).toBe('done');
  await cache.close();
  await group.stop();
}, 60_000);
