import { getEventListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.js';
import { eventually, outcomeOf, useInstances, useServer } from '../support/harness.js';
import { add, type Command, consume, idsOf, LASTING_WAYS, listen, untilDone } from '../support/lasting.js';

/** What is told of consumers and subscriptions elsewhere, tried here. */
const redis = useServer();
const create = useInstances(() => ({ url: redis.url, pool: true }));
const command: Command = (...args) => redis.observer.command(...args);
const blocks = () => eventually(redis.clients, (rows) => rows.some(({ flags }) => flags.includes('b')));

// taskforcesh/bullmq#4479: the read was sent again on the next connection, and never settled.
it.each(LASTING_WAYS)(
  'a read that a silent network has swallowed is given up where the client was told how long that may take, %j',
  async ({ isolation, pool }) => {
    const proxy = await startFaultProxy(redis.server);
    const cache = create({
      url: proxy.url,
      pool,
      isolation: isolation as 'exclusive',
      redis: { socketTimeout: 600 },
    });
    const stream = `silent:${isolation}:${pool}`;
    const consumer = consume(cache, stream, { blockMs: 200 });
    const added = await add(command, stream, 1);
    await untilDone(command, stream);
    const frozen = proxy.freeze();
    added.push(...(await add(command, stream, 3)));
    await untilDone(command, stream);
    expect(idsOf(consumer.given)).toEqual(added);
    expect(consumer.errors).not.toEqual([]);
    frozen.end();
    consumer.stop('enough');
    await consumer.ended;
    await proxy.close();
  },
);

// taskforcesh/bullmq#648: "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)".
it.each(LASTING_WAYS)(
  'a consumer goes on where its server was a replica for a while, $isolation, pool: $pool',
  async ({ isolation, pool }) => {
    const cache = create({ pool, isolation: isolation as 'exclusive' });
    const stream = `replica:${isolation}:${pool}`;
    const consumer = consume(cache, stream, { blockMs: 0 });
    await blocks();
    await command('REPLICAOF', '127.0.0.1', 1);
    await eventually(
      () => consumer.errors.map(String),
      (errors) => errors.some((error) => error.includes('UNBLOCKED')),
    );
    await pause(100);
    await command('REPLICAOF', 'NO', 'ONE');
    const added = await add(command, stream, 3);
    await untilDone(command, stream);
    expect(idsOf(consumer.given)).toEqual(added);
    consumer.stop('enough');
    expect((await consumer.ended).error).toBe('enough');
  },
);

// redis/redis#6199, redis/redis-py#1116: what was trimmed while it was pending is read as an id without fields.
it('a consumer is told of what was trimmed while it was pending, and goes on', async () => {
  const cache = create();
  const first = consume(cache, 'trimmed', { work: () => new Promise(() => {}) });
  const added = await add(command, 'trimmed', 5);
  await eventually(
    () => first.given.length,
    (length) => length === 1,
  );
  first.stop('gone');
  await first.ended;
  await command('XTRIM', 'trimmed', 'MAXLEN', 0);
  const fields: unknown[] = [];
  const second = consume(cache, 'trimmed', { work: (_, each) => fields.push(each) });
  const later = await add(command, 'trimmed', 2);
  await untilDone(command, 'trimmed');
  const given = idsOf(second.given);
  expect(given.slice(-2)).toEqual(later);
  expect(given.slice(0, -2).every((id) => added.includes(id))).toBe(true);
  expect(fields.slice(0, -2).every((each) => each === null)).toBe(true);
  second.stop('enough');
  await second.ended;
});

// redis/ioredis#984: a client whose XREADGROUP blocks does nothing else.
it.each(['shared', 'auto'] as const)(
  'whatever else the instance does is done while a consumer blocks, %s',
  async (isolation) => {
    const cache = create({ isolation: isolation as 'exclusive' });
    const consumer = consume(cache, `apart:${isolation}`, { blockMs: 0, isolation: 'exclusive' });
    await blocks();
    expect(await Promise.all([cache((r) => r.ping()), cache.redis.ping()])).toEqual(['PONG', 'PONG']);
    consumer.stop('enough');
    await consumer.ended;
  },
);

// petarzarkov/dunx#25: with the server away, a worker tried again in a hot loop.
it('a server that is away is dialled as seldom as the pauses say, and no listener is left for it', async () => {
  const dials: unknown[] = [];
  const cache = create({
    url: 'redis://127.0.0.1:1',
    observer: { onRetry: ({ attempt }) => dials.push(attempt) },
  });
  const stop = new AbortController();
  const begunAt = performance.now();
  const waiting = outcomeOf(
    cache((r) => r.ping(), {
      signal: stop.signal,
      deadlineMs: Infinity,
      retry: { attempts: Infinity, delayMs: 1, maxDelayMs: 20, jitter: 'none', when: ({ ok }) => !ok },
    }),
  );
  await eventually(
    () => dials.length,
    (length) => length >= 50,
    10_000,
  );
  // 1, 2, 4, 8, 16 ms, then 45 times 20; timers may be a little early.
  expect(performance.now() - begunAt).toBeGreaterThan(800);
  expect(getEventListeners(stop.signal, 'abort').length).toBeLessThanOrEqual(2);
  // Where close() comes in a pause, nobody waits for the end of that.
  const closed = await cache.close({ deadlineMs: 5_000 });
  expect(closed).toMatchObject({ forced: [] });
  expect((await waiting).error).toMatchObject({ name: 'ClosedError' });
});

it('a subscription that waits for its server ends with the instance', async () => {
  const cache = create({ url: 'redis://127.0.0.1:1' });
  const listening = listen(cache, 'news');
  await pause(100);
  expect(await cache.close()).toMatchObject({ drained: true, forced: [] });
  expect((await listening.ended).error).toMatchObject({ name: 'ClosedError', label: 'news' });
});
