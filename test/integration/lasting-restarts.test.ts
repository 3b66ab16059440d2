import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createWithRedis, type WithRedis } from '../../src/index.js';
import { eventually } from '../support/harness.js';
import {
  add,
  consume,
  consumeAndHold,
  expectPendingFirst,
  idsOf,
  LASTING_WAYS,
  untilDone,
} from '../support/lasting.js';
import { observeRedis } from '../support/redis-observer.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { startSentinelGroup } from '../support/sentinel-group.js';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function make(...args: Parameters<typeof createWithRedis>): WithRedis {
  const cache = createWithRedis(...args);
  ends.push(() => cache.close({ deadlineMs: 100 }));
  return cache;
}

async function start(options: Parameters<typeof startRedisServer>[0] = {}) {
  const server = await startRedisServer(options);
  const observer = await observeRedis(server.url);
  ends.push(() => server.stop(), observer.close);
  // It answers INFO while it still reads what it kept, and everything else with LOADING.
  await eventually(
    () => observer.info('persistence'),
    ({ loading }) => loading === '0',
    10_000,
  );
  return { server, url: server.url, command: observer.command };
}

describe('a consumer that lasts outlives a restart of the server', () => {
  const restart = async (first: RedisServer, options: Parameters<typeof start>[0]) => {
    await first.stop();
    // Long enough for attempts that find nobody.
    await pause(300);
    return start({ ...options, port: first.port });
  };

  it.each(LASTING_WAYS)(
    'that keeps what it is told: no entry is lost, $isolation, pool: $pool',
    async ({ isolation, pool }) => {
      const directory = await mkdtemp(join(tmpdir(), 'with-redis-lasting-'));
      ends.push(() => rm(directory, { recursive: true }));
      const options = { directory, args: ['--appendonly', 'yes', '--appendfsync', 'always'] };
      const first = await start(options);
      const cache = make({ url: first.url, pool, isolation: isolation as 'exclusive' });
      const { consumer, added, holding, goOn } = await consumeAndHold(cache, 'kept', first.command);
      const second = await restart(first.server, options);
      added.push(...(await add(second.command, 'kept', 5)));
      goOn();
      expect(await untilDone(second.command, 'kept')).toBe(added.length);
      expectPendingFirst(consumer, holding, added);
      consumer.stop('enough');
      expect((await consumer.ended).error).toBe('enough');
    },
  );

  it.each(LASTING_WAYS)(
    'that forgets all: the group is made again, and nothing that is added from then on is missed, $isolation, pool: $pool',
    async ({ isolation, pool }) => {
      const first = await start();
      const cache = make({ url: first.url, pool, isolation: isolation as 'exclusive' });
      const { consumer, goOn } = await consumeAndHold(cache, 'forgotten', first.command);
      const second = await restart(first.server, {});
      // Before the consumer is there again: it would miss them with a group that begins at the end.
      const added = await add(second.command, 'forgotten', 8);
      goOn();
      expect(await untilDone(second.command, 'forgotten')).toBe(8);
      const later = consumer.given.filter(({ attempt }) => attempt > 1);
      expect(idsOf(later)).toEqual(added);
      consumer.stop('enough');
      await consumer.ended;
    },
  );

  it('and a stream that is deleted while it waits', async () => {
    const { url, command } = await start();
    const retried: number[] = [];
    const cache = make({ url, pool: true, observer: { onRetry: ({ attempt }) => retried.push(attempt) } });
    const consumer = consume(cache, 'deleted', { blockMs: 0 });
    await add(command, 'deleted', 3);
    await untilDone(command, 'deleted');
    await command('DEL', 'deleted');
    const added = await add(command, 'deleted', 3);
    await eventually(
      () => idsOf(consumer.given),
      (ids) => added.every((id) => ids.includes(id)),
      10_000,
    );
    expect(consumer.errors.map(String)).toEqual([expect.stringMatching(/NOGROUP|UNBLOCKED/)]);
    expect(retried).toEqual([1]);
    consumer.stop('enough');
    await consumer.ended;
  });
});

it.each(['moves', 'dies'] as const)(
  'a consumer that lasts follows the master that the sentinels name when it %s',
  async (how) => {
    const group = await startSentinelGroup();
    ends.push(group.stop);
    const before = await group.master();
    const observer = await observeRedis(before.url);
    ends.push(observer.close);
    const cache = make({ redis: { sentinels: [...group.sentinels], name: group.name } });
    const { consumer, added, holding, goOn } = await consumeAndHold(cache, 'moved', observer.command);
    // What was not replicated would be lost with the master.
    expect(await observer.command('WAIT', 1, 5_000)).toBe(1);
    if (how === 'dies') await before.stop();
    else await group.failover();
    const after = await eventually(group.master, (master) => master !== before, 20_000);
    const { command, close } = await observeRedis(after.url);
    ends.push(close);
    await eventually(
      async () => (await command('ROLE')) as unknown[],
      ([role]) => role === 'master',
      10_000,
    );
    added.push(...(await add(command, 'moved', 5)));
    goOn();
    expect(await untilDone(command, 'moved')).toBe(added.length);
    expectPendingFirst(consumer, holding, added);
    consumer.stop('enough');
    expect((await consumer.ended).error).toBe('enough');
  },
  60_000,
);
