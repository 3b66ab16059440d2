import { inspect } from 'node:util';
import type { RedisOptions } from 'ioredis';
import { isPlain } from '../core/plain.js';

/** Options whose values are nobody's to see, at any depth. */
const SECRETS = /^(password|sentinelPassword|key|pfx|passphrase|secureContext)$/;

type Options = RedisOptions & Record<string, unknown>;

/**
 * The options of a client as one borrower sees them: a copy makes a client to the same place, credentials included, and
 * neither the console nor JSON shows these. What is set stays with the borrower; what is nested is read-only.
 *
 * Each scope has one, so it has a field for every option that ioredis 5 or 6 has a default for: one name in a loop costs as
 * much as all of these.
 */
export class LentOptions {
  [name: string]: unknown;

  constructor(options: Options, others: readonly string[]) {
    this.host = options.host;
    this.port = options.port;
    this.path = options.path;
    this.family = options.family;
    this.tls = options.tls;
    this.db = options.db;
    this.username = options.username;
    this.password = options.password;
    this.keyPrefix = options.keyPrefix;
    this.connectionName = options.connectionName;
    this.protocol = options.protocol;
    this.replyMapping = options.replyMapping;
    this.stringNumbers = options.stringNumbers;
    this.showFriendlyErrorStack = options.showFriendlyErrorStack;
    this.enableAutoPipelining = options.enableAutoPipelining;
    this.autoPipeliningIgnoredCommands = options.autoPipeliningIgnoredCommands;
    this.scripts = options.scripts;
    this.connectTimeout = options.connectTimeout;
    this.disconnectTimeout = options.disconnectTimeout;
    this.commandTimeout = options.commandTimeout;
    this.socketTimeout = options.socketTimeout;
    this.blockingTimeout = options.blockingTimeout;
    this.blockingTimeoutGrace = options.blockingTimeoutGrace;
    this.keepAlive = options.keepAlive;
    this.noDelay = options.noDelay;
    this.lazyConnect = options.lazyConnect;
    this.retryStrategy = options.retryStrategy;
    this.reconnectOnError = options.reconnectOnError;
    this.maxRetriesPerRequest = options.maxRetriesPerRequest;
    this.maxLoadingRetryTime = options.maxLoadingRetryTime;
    this.enableOfflineQueue = options.enableOfflineQueue;
    this.enableReadyCheck = options.enableReadyCheck;
    this.autoResubscribe = options.autoResubscribe;
    this.autoResendUnfulfilledCommands = options.autoResendUnfulfilledCommands;
    this.readOnly = options.readOnly;
    this.disableClientInfo = options.disableClientInfo;
    this.clientInfoTag = options.clientInfoTag;
    this.sentinels = options.sentinels;
    this.name = options.name;
    this.role = options.role;
    this.natMap = options.natMap;
    this.sentinelRetryStrategy = options.sentinelRetryStrategy;
    this.sentinelReconnectStrategy = options.sentinelReconnectStrategy;
    this.sentinelMaxConnections = options.sentinelMaxConnections;
    this.enableTLSForSentinelMode = options.enableTLSForSentinelMode;
    this.updateSentinels = options.updateSentinels;
    this.failoverDetector = options.failoverDetector;
    this.himportFieldsets = options.himportFieldsets;
    for (const name of others) (this as Record<string, unknown>)[name] = options[name];
  }

  toJSON(): object {
    return redacted(this);
  }

  [inspect.custom](): object {
    return redacted(this);
  }
}

/** The names that are not in the list above. */
export function otherOptions(options: object): string[] {
  const listed = new LentOptions({}, []);
  return Object.keys(options).filter((name) => !Object.hasOwn(listed, name));
}

function redacted(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(name, each)]));
}

function shown(name: string, value: unknown): unknown {
  if (SECRETS.test(name)) return value === null || value === undefined || value === '' ? value : '***';
  if (Array.isArray(value)) return value.map((each) => shown('', each));
  return isPlain(value) ? redacted(value) : value;
}
