import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createWithRedis, type WithRedis } from '../../src/index.js';
import { eventually, useInstances, useServer } from '../support/harness.js';
import { add, consume, idsOf, untilDone } from '../support/lasting.js';
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

/** A consumer that stands still at an entry, which is pending while the server goes away. */
async function consumeAndHold(cache: WithRedis, stream: string, command: Command, count = 12) {
  const added = await add(command, stream, count);
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const holding = added[3] as string;
  const consumer = consume(cache, stream, { work: (id) => (id === holding ? held : undefined) });
  await eventually(
    () => consumer.given.at(-1)?.id,
    (id) => id === holding,
    10_000,
  );
  return { consumer, added, holding, goOn };
}

type Command = Parameters<typeof add>[0];

/** Whatever was delivered and not acknowledged comes before what is new, the one that was held first. */
function expectPendingFirst(
  { given, acknowledged }: ReturnType<typeof consume>,
  held: string,
  added: string[],
) {
  const later = given.filter(({ attempt }) => attempt > 1);
  const [first] = later;
  expect(first).toMatchObject({ id: held, pending: true });
  // Five at once: what came with it was pending too.
  expect(later.filter(({ pending }) => pending).map(({ id }) => id)).toContain(added[4]);
  for (const attempt of new Set(later.map((each) => each.attempt))) {
    const order = later.filter((each) => each.attempt === attempt).map(({ pending }) => pending);
    expect(order).toEqual([...order].sort((a, b) => Number(b) - Number(a)));
  }
  expect(idsOf(given)).toEqual(expect.arrayContaining(added));
  expect([...acknowledged]).toEqual(expect.arrayContaining(added));
}

const WAYS = [
  { isolation: 'exclusive', pool: false },
  { isolation: 'exclusive', pool: true },
  { isolation: 'auto', pool: true },
] as const;

describe.each(WAYS)('a consumer that lasts, $isolation, pool: $pool', ({ isolation, pool }) => {
  const redis = useServer();
  const create = useInstances(() => ({ url: redis.url, pool, isolation: isolation as 'exclusive' }));
  const { command } = { command: ((...args) => redis.observer.command(...args)) as Command };
  let number = 0;
  const newStream = () => `orders:${isolation}:${pool}:${number++}`;

  it('loses no entry however often the connection goes, and reads what is pending first', async () => {
    const stream = newStream();
    const consumer = consume(create(), stream);
    const added: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      added.push(...(await add(command, stream, 1)));
      if (n % 10 === 9) await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
      await pause(5);
    }
    await untilDone(command, stream);
    expect(idsOf(consumer.given)).toEqual(added);
    // Acknowledged is done; only who was cut off while it acknowledged does not know.
    expect(added.filter((id) => !consumer.acknowledged.has(id)).length).toBeLessThanOrEqual(6);
    consumer.stop('enough');
    expect((await consumer.ended).error).toBe('enough');
  });

  it('is given what was pending when it was aborted, as often as that is', async () => {
    const [cache, stream] = [create(), newStream()];
    const seen = new Set<string>();
    const adding = (async () => {
      const all: string[] = [];
      for (let n = 0; n < 120; n += 1) {
        all.push(...(await add(command, stream, 1)));
        await pause(2);
      }
      return all;
    })();
    for (let round = 0; round < 20; round += 1) {
      // Every other one is aborted in the middle of its work, not while it waits.
      const consumer = consume(cache, stream, { work: () => (round % 2 === 0 ? pause(3) : undefined) });
      await pause(12);
      consumer.stop(round);
      expect((await consumer.ended).error).toBe(round);
      for (const { id } of consumer.given) seen.add(id);
    }
    const added = await adding;
    const last = consume(cache, stream);
    await untilDone(command, stream);
    last.stop('enough');
    await last.ended;
    for (const { id } of last.given) seen.add(id);
    expect([...seen]).toEqual(added);
  });

  it('that ends by itself is waited for by close(), and leaves to others what it has not read', async () => {
    const [cache, stream] = [create(), newStream()];
    const added = await add(command, stream, 20);
    const consumer = consume(cache, stream, { work: () => pause(2) });
    await eventually(
      () => consumer.acknowledged.size,
      (size) => size > 3,
    );
    consumer.finish();
    expect(await cache.close({ deadlineMs: 5_000 })).toMatchObject({ drained: true, forced: [] });
    expect(await consumer.ended).toEqual({ value: 'finished' });
    expect(idsOf(consumer.given)).toEqual([...consumer.acknowledged]);
    const next = consume(create(), stream);
    await untilDone(command, stream);
    expect(idsOf([...consumer.given, ...next.given])).toEqual(added);
    expect(next.given.filter(({ pending }) => pending)).toEqual([]);
    next.stop('enough');
    await next.ended;
  });

  it('that close() ends by force leaves what it held to the next one, which begins with it', async () => {
    const [cache, stream] = [create(), newStream()];
    const { consumer, added, holding } = await consumeAndHold(cache, stream, command);
    const { drained, forced } = await cache.close({ deadlineMs: 50 });
    expect({ drained, forced }).toMatchObject({ drained: false, forced: [{ label: 'consumer' }] });
    expect((await consumer.ended).error).toMatchObject({ name: 'ClosedError', label: 'consumer' });
    expect(await redis.clients()).toEqual([]);
    const next = consume(create(), stream);
    await untilDone(command, stream);
    expect(next.given[0]).toMatchObject({ id: holding, pending: true });
    expect(idsOf([...consumer.given, ...next.given])).toEqual(added);
    next.stop('enough');
    await next.ended;
  });

  it('that waits is ended by close() too, and loses nothing that is added meanwhile', async () => {
    const [cache, stream] = [create(), newStream()];
    const consumer = consume(cache, stream, { blockMs: 0 });
    await eventually(redis.clients, (rows) => rows.some(({ cmd }) => cmd === 'xreadgroup'));
    const closing = cache.close({ deadlineMs: 20 });
    const added = await add(command, stream, 200);
    expect(await closing).toMatchObject({ drained: false, forced: [{ label: 'consumer' }] });
    expect((await consumer.ended).error).toMatchObject({ name: 'ClosedError' });
    const next = consume(create(), stream);
    await untilDone(command, stream);
    expect(idsOf([...consumer.given, ...next.given])).toEqual(added);
    next.stop('enough');
    await next.ended;
  });
});

describe('a consumer that lasts outlives a restart of the server', () => {
  const restart = async (first: RedisServer, options: Parameters<typeof start>[0]) => {
    await first.stop();
    // Long enough for attempts that find nobody.
    await pause(300);
    return start({ ...options, port: first.port });
  };

  it.each(WAYS)(
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

  it.each(WAYS)(
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
