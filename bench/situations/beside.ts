import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Redis as Valkey } from 'iovalkey';
import { createClient } from 'redis';
import type { Bench } from '../scenario.js';
import { besideOthers } from '../subjects.js';
import type { Situation } from './situation.js';

/** A client that does something, again and again, and lets go. */
interface Neighbour {
  work(): Promise<unknown>;
  close(): unknown;
}

/** Of each neighbour before anything is measured: enough for what it runs to be seen in its shape by the optimiser. */
const warmUp = 2_000;
/** Between two turns of a neighbour while contenders are measured. */
const everyMs = 5;

/**
 * What a service holds besides: clients of ioredis with other options, one that is subscribed and one that waits for a
 * job as BullMQ's does, a fork of ioredis, node-redis. Each has streams, emitters and commands of a shape of its own.
 */
export const beside: Situation = {
  name: besideOthers,
  async around(bench, use) {
    const neighbours = await openAll(bench);
    const stop = new AbortController();
    try {
      for (const { work } of neighbours) for (let turn = 0; turn < warmUp; turn += 1) await work();
      const working = neighbours.map((neighbour) => keepWorking(neighbour, stop.signal));
      const result = await use(bench);
      stop.abort();
      await Promise.all(working);
      return result;
    } finally {
      stop.abort();
      for (const { close } of neighbours) await close();
    }
  },
};

async function keepWorking({ work }: Neighbour, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(everyMs);
  }
}

async function openAll(bench: Bench): Promise<Neighbour[]> {
  const { url, tls, prefix } = bench;
  const plain = new Redis(url, { ...tls });
  const prefixed = new Redis(url, {
    ...tls,
    keyPrefix: prefix,
    enableAutoPipelining: true,
    connectionName: 'cache',
  });
  const eager = new Redis(url, {
    ...tls,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: 5_000,
  });
  const subscriber = new Redis(url, { ...tls });
  const waiting = new Redis(url, { ...tls, maxRetriesPerRequest: null });
  const valkey = new Valkey(url, { ...tls });
  const nodeRedis = await createClient({ url, ...(tls && { socket: { ...tls.tls, tls: true } }) }).connect();
  const name = (text: string) => `${prefix}beside:${text}`;
  await subscriber.subscribe(name('channel'));
  let jobs = 0;
  const waitForJob = async (): Promise<void> => {
    while (await waiting.blpop(name('jobs'), 0).catch(() => null)) jobs += 1;
  };
  void waitForJob();
  return [
    {
      work: async () => {
        await plain.set(name('plain'), jobs, 'EX', 600);
        await plain.publish(name('channel'), 'text');
        await plain.rpush(name('jobs'), 'job');
      },
      close: () => {
        for (const client of [plain, prefixed, eager, subscriber, waiting, valkey]) client.disconnect();
      },
    },
    { work: () => prefixed.hset('beside:hash', 'field', jobs), close: () => {} },
    { work: () => eager.pipeline().incr(name('count')).getBuffer(name('plain')).exec(), close: () => {} },
    { work: () => valkey.get(name('plain')), close: () => {} },
    { work: () => nodeRedis.get(name('plain')), close: () => nodeRedis.close() },
  ];
}
