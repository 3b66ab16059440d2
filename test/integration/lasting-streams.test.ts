import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually, useInstances, useServer } from '../support/harness.js';
import {
  add,
  type Command,
  consume,
  consumeAndHold,
  idsOf,
  LASTING_WAYS,
  untilDone,
} from '../support/lasting.js';

describe.each(LASTING_WAYS)('a consumer that lasts, $isolation, pool: $pool', ({ isolation, pool }) => {
  const redis = useServer();
  const create = useInstances(() => ({ url: redis.url, pool, isolation: isolation as 'exclusive' }));
  const command: Command = (...args) => redis.observer.command(...args);
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
    await eventually(redis.clients, (rows) => rows.some(({ flags }) => flags.includes('b')));
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
