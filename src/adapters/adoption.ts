import type { Client } from '../connection/client.js';
import type { Clock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { kindOf } from '../core/kind-of.js';
import { noop } from '../core/outcome.js';
import { closeClient } from './close-client.js';
import { isForeign, wrapForeign } from './foreign-client.js';

/**
 * A lease never outlives its socket: ioredis must not reconnect (#1146), resend what is in doubt (#933), or hold
 * commands back for later (#2130).
 */
export const HARDENED = {
  retryStrategy: () => null,
  reconnectOnError: null,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  /** Of a server that loads; else its timer outlives the client by as much. */
  maxLoadingRetryTime: 50,
};

/** What was handed over once must not be lent twice. */
const adopted = new WeakSet<object>();

/** Takes over a client that a factory made: from here on it is ours to close, and to harden. */
export function adopt(made: unknown): Client {
  const client = made as Client;
  const isIoredis = typeof client?.sendCommand === 'function' && typeof client.on === 'function';
  if (!isIoredis && !isForeign(made)) throw invalid(`an ioredis client; received ${kindOf(made)}`);
  if (isIoredis) checkKind(client);
  if (client.status === 'end' || client.status === 'close') {
    throw invalid(`a client that can connect; the status of this one is "${client.status}"`);
  }
  if (adopted.has(client)) throw invalid('a new client each time; this one it returned before');
  if (isIoredis) {
    Object.assign(client.options, HARDENED);
    leaveNoTimer(client);
  }
  adopted.add(client);
  return isIoredis ? client : wrapForeign(made as never);
}

/** What ioredis sets timers from, and 5 also for a client that has ended. */
interface Inner {
  connector?: { stream?: unknown };
  _readyCheck?(done: (error: null, info: object) => void): void;
}

/** PING tells all there is to know, but whether a server that a sentinel named is a master. */
function leaveNoTimer(client: Client & Inner): void {
  const check = client._readyCheck;
  if (check && !client.options.sentinels) {
    client._readyCheck = (done) => {
      if (client.status === 'connect') done(null, {});
    };
  }
  client.once('end', () => {
    if (client.connector) client.connector.stream = undefined;
  });
}

/** Where its commands go: a factory may have sent a SELECT of its own. */
export function databaseOf({
  options,
  condition,
}: Client & { condition?: { select?: number } | null }): number {
  return condition?.select ?? options.db ?? 0;
}

/** Clients that look alike at first. */
function checkKind(client: Client): void {
  const { isCluster, isOpen } = client as unknown as { isCluster?: unknown; isOpen?: unknown };
  if (isCluster === true) throw invalid('a Redis, not a Cluster: use the option `cluster`');
  if (typeof isOpen === 'boolean') throw invalid('an ioredis client; received one of node-redis');
  if (client.commandQueue === undefined)
    throw invalid('an ioredis client; this one has no queue of commands');
}

/** Closes what came too late or is refused, but for one that is lent already. @throws Where it is no client at all. */
export function closeUnwanted(made: unknown, graceMs: number, clock: Clock): void {
  const client = made as Client;
  if (adopted.has(client)) return;
  client.on('error', noop);
  leaveNoTimer(client);
  void closeClient(client, graceMs, clock);
}

function invalid(problem: string): ConfigurationError {
  return new ConfigurationError('connect', `must return ${problem}`);
}
