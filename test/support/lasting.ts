import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { CallOptions, WithRedis } from '../../src/index.js';
import { eventually, outcomeOf } from './harness.js';

/** Where a connection for such a scope may come from. */
export const LASTING_WAYS = [
  { isolation: 'exclusive', pool: false },
  { isolation: 'exclusive', pool: true },
  { isolation: 'auto', pool: true },
] as const;

/** As the recipe has it: a scope that lasts, and begins anew where its connection was lost. */
const forEver = (signal: AbortSignal): CallOptions => ({
  signal,
  deadlineMs: Infinity,
  acquireTimeoutMs: 1_000,
  retry: { attempts: Infinity, delayMs: 20, maxDelayMs: 200, jitter: 'full', when: ({ ok }) => !ok },
});

/** Listens until it is stopped; what it hears is to be found in `heard`. */
export function listen(cache: WithRedis, channel: string, { sharded = false, ...options }: Listening = {}) {
  const stop = new AbortController();
  const heard: string[] = [];
  const lost: number[] = [];
  const ended = outcomeOf(
    cache(
      channel,
      async (redis, scope) => {
        redis.on(sharded ? 'smessage' : 'message', (_: string, text: string) => heard.push(text));
        await (sharded ? redis.ssubscribe(channel) : redis.subscribe(channel));
        await once(scope.signal, 'abort');
        lost.push(performance.now());
        throw scope.signal.reason;
      },
      { ...forEver(stop.signal), ...options },
    ),
  );
  return { heard, lost, ended, stop: (reason: unknown) => stop.abort(reason) };
}

interface Listening extends CallOptions {
  readonly sharded?: boolean;
}

/** Publishes until it was heard. */
export async function publishUntilHeard(
  publish: (text: string) => Promise<unknown>,
  heard: string[],
  text: string,
): Promise<void> {
  await eventually(
    async () => {
      await publish(text).catch(() => {});
      await pause(20);
      return heard;
    },
    (all) => all.includes(text),
    15_000,
  );
}

interface Consuming extends CallOptions {
  readonly blockMs?: number;
  /** What is done with an entry, before it is acknowledged. */
  readonly work?: (id: string, fields: string[] | null) => unknown;
}

/** What a consumer was given: at which attempt, and whether it had been pending. */
export interface Given {
  readonly attempt: number;
  readonly id: string;
  readonly pending: boolean;
}

type Read = [stream: string, entries: [id: string, fields: string[] | null][]][] | null;

/** As the recipe has it: makes its group where there is none, and begins with what it took and did not acknowledge. */
export function consume(
  cache: WithRedis,
  stream: string,
  { blockMs = 200, work, ...options }: Consuming = {},
) {
  const stop = new AbortController();
  const given: Given[] = [];
  const acknowledged = new Set<string>();
  const errors: unknown[] = [];
  let finishing = false;
  const ended = outcomeOf(
    cache(
      'consumer',
      async (redis, { signal, attempt }) => {
        await redis.xgroup('CREATE', stream, 'workers', '0', 'MKSTREAM').catch((error) => {
          if (!String(error).includes('BUSYGROUP')) throw error;
        });
        for (let from = '0'; !finishing; ) {
          const read = (await redis
            .xreadgroup('GROUP', 'workers', 'me', 'COUNT', 5, 'BLOCK', blockMs, 'STREAMS', stream, from)
            .catch((error) => {
              errors.push(error);
              throw error;
            })) as Read;
          const entries = read?.[0]?.[1] ?? [];
          if (entries.length === 0) from = '>';
          for (const [id, fields] of entries) {
            signal.throwIfAborted();
            given.push({ attempt, id, pending: from === '0' });
            await work?.(id, fields);
            await redis.xack(stream, 'workers', id);
            acknowledged.add(id);
          }
        }
        return 'finished';
      },
      { ...forEver(stop.signal), ...options },
    ),
  );
  return {
    given,
    acknowledged,
    /** Of reads. */
    errors,
    ended,
    stop: (reason: unknown) => stop.abort(reason),
    /** Lets it end by itself, with the entries that it has. */
    finish: () => {
      finishing = true;
    },
  };
}

export type Consumer = ReturnType<typeof consume>;
export type Command = (...args: (string | number)[]) => Promise<unknown>;

/** Adds entries, and says which. */
export async function add(command: Command, stream: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(String(await command('XADD', stream, '*', 'n', n)));
  return ids;
}

/** Waits until the server says that all there is was delivered and acknowledged; returns how many entries there are. */
export async function untilDone(command: Command, stream: string): Promise<number> {
  const { length } = await eventually(
    async () => {
      const [group = []] = (await command('XINFO', 'GROUPS', stream)) as unknown[][];
      const entries = (await command('XRANGE', stream, '-', '+')) as [string][];
      const after = (name: string) => group[group.indexOf(name) + 1];
      return {
        length: entries.length,
        last: entries.at(-1)?.[0],
        at: after('last-delivered-id'),
        pending: after('pending'),
      };
    },
    ({ last, at, pending }) => last === at && pending === 0,
    20_000,
  );
  return length;
}

/** Each once, as they came. */
export const idsOf = (given: readonly Given[]): string[] => [...new Set(given.map(({ id }) => id))];

/** A consumer that stands still at an entry, which is pending while the server goes away. */
export async function consumeAndHold(
  cache: WithRedis,
  stream: string,
  command: Command,
  options: Consuming = {},
) {
  const added = await add(command, stream, 12);
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const holding = added[3] as string;
  const consumer = consume(cache, stream, { ...options, work: (id) => (id === holding ? held : undefined) });
  await eventually(
    () => consumer.given.at(-1)?.id,
    (id) => id === holding,
    10_000,
  );
  return { consumer, added, holding, goOn };
}

/** Whatever was delivered and not acknowledged comes before what is new, the one that was held first. */
export function expectPendingFirst({ given, acknowledged }: Consumer, held: string, added: string[]) {
  const later = given.filter(({ attempt }) => attempt > 1);
  expect(later[0]).toMatchObject({ id: held, pending: true });
  // Five at once: what came with it was pending too.
  expect(later.filter(({ pending }) => pending).map(({ id }) => id)).toContain(added[4]);
  for (const attempt of new Set(later.map((each) => each.attempt))) {
    const order = later.filter((each) => each.attempt === attempt).map(({ pending }) => pending);
    expect(order).toEqual([...order].sort((a, b) => Number(b) - Number(a)));
  }
  expect(idsOf(given)).toEqual(expect.arrayContaining(added));
  expect([...acknowledged]).toEqual(expect.arrayContaining(added));
}
