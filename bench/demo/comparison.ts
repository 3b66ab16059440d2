import { setTimeout as wait } from 'node:timers/promises';
import type { RedisObserver } from '../../test/support/redis-observer.js';
import { DemoFailure } from './failure.js';

export interface Series {
  readonly label: string;
  readonly tone: 'bad' | 'good';
  /** `connected_clients` after each call; the first is the number before any. */
  readonly connectedClients: number[];
}

export interface MeasureOptions {
  readonly calls: number;
  readonly observer: RedisObserver;
  readonly signal: AbortSignal;
  /** A pause after each call, for eyes to follow. */
  readonly paceMs: number;
  readonly onSample: () => void;
}

/** Calls the getter again and again, and asks the server after each call; nothing is counted after an abort. */
export async function measureGetter(
  getter: () => Promise<unknown>,
  { connectedClients }: Series,
  { calls, observer, signal, paceMs, onSample }: MeasureOptions,
): Promise<void> {
  connectedClients.push(await countConnectedClients(observer));
  for (let call = 1; call <= calls && !signal.aborted; call += 1) {
    await getter();
    const clients = await countConnectedClients(observer);
    if (signal.aborted) return;
    connectedClients.push(clients);
    onSample();
    if (paceMs > 0) await wait(paceMs);
  }
}

/** INFO's own number, less the observer. */
async function countConnectedClients(observer: RedisObserver): Promise<number> {
  return Number((await observer.info('clients')).connected_clients) - 1;
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
