import { setTimeout as wait } from 'node:timers/promises';
import type { RedisObserver } from '../../test/support/redis-observer.js';
import { DemoFailure } from './failure.js';

export interface Getter {
  readonly label: string;
  get(): Promise<unknown>;
  close(): Promise<void>;
}

export interface Series {
  readonly label: string;
  /** `connected_clients` after each call; the first is the number before any. */
  readonly connectedClients: number[];
  /** `connected_clients` once the getter has closed what it opened. */
  clientsAfterClose: number;
  lastData: unknown;
}

export interface MeasureOptions {
  readonly calls: number;
  readonly observer: RedisObserver;
  readonly signal: AbortSignal;
  /** A pause after each call, for eyes to follow. */
  readonly paceMs: number;
  readonly onSample: () => void;
}

export function createSeries(label: string): Series {
  return {
    label,
    connectedClients: [],
    clientsAfterClose: Number.NaN,
    lastData: null,
  };
}

/** Calls the getter again and again, and asks the server after each call; then has it close what it opened. */
export async function measureGetter(getter: Getter, series: Series, options: MeasureOptions): Promise<void> {
  const before = await countConnectedClients(options.observer);
  series.connectedClients.push(before);
  try {
    await callRepeatedly(getter, series, options);
  } finally {
    await getter.close();
    series.clientsAfterClose = await waitForClients(options.observer, before);
  }
}

async function callRepeatedly(getter: Getter, series: Series, options: MeasureOptions): Promise<void> {
  for (let call = 1; call <= options.calls; call += 1) {
    options.signal.throwIfAborted();
    series.lastData = await getter.get();
    if (series.lastData === null) throw new DemoFailure(`the ${series.label} found no data at call ${call}`);
    series.connectedClients.push(await countConnectedClients(options.observer));
    options.onSample();
    if (options.paceMs > 0) await wait(options.paceMs);
  }
}

/** INFO's own number, less the observer. */
async function countConnectedClients(observer: RedisObserver): Promise<number> {
  return Number((await observer.info('clients')).connected_clients) - 1;
}

/** The next series starts from where this one did; a server shared with others may never get there. */
async function waitForClients(observer: RedisObserver, atMost: number): Promise<number> {
  const giveUpAt = Date.now() + 3_000;
  let clients = await countConnectedClients(observer);
  while (clients > atMost && Date.now() < giveUpAt) {
    await wait(20);
    clients = await countConnectedClients(observer);
  }
  return clients;
}

/** As many calls as wanted, yet never more than half of the connections that the server has left. */
export async function affordableCalls(observer: RedisObserver, wanted: number): Promise<number> {
  const [used, limit] = await Promise.all([countConnectedClients(observer), readMaxClients(observer)]);
  const calls = Math.min(wanted, Math.floor((limit - used) / 2));
  if (calls < 10)
    throw new DemoFailure(`the server has ${used} of ${limit} clients: too few left to leak any`);
  return calls;
}

const maxClientsWhereUnknown = 200;

async function readMaxClients(observer: RedisObserver): Promise<number> {
  const { maxclients } = await observer.info('clients');
  if (maxclients !== undefined) return Number(maxclients);
  const setting = await observer.command('CONFIG', 'GET', 'maxclients').catch(() => null);
  return Array.isArray(setting) && setting.length === 2 ? Number(setting[1]) : maxClientsWhereUnknown;
}
