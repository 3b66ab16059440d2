import type { RedisOptions } from 'ioredis';
import { ConfigurationError } from '../core/errors.js';
import { readUrl } from './redis-url.js';

const PLACE = ['host', 'port', 'path', 'sentinels'] as const;

/**
 * What is dialled: `redis` field by field over the URL. REDIS_URL is read where the options name no server, so its
 * password never goes to another one; undefined where it is needed and has yet to be read.
 */
export function targetOf(url: RedisOptions | undefined, redis: RedisOptions): RedisOptions | undefined {
  if (url) return over(url, redis);
  // An empty name is one too: that of this machine.
  const names = PLACE.some((name) => redis[name] !== undefined);
  return names ? over({}, redis) : undefined;
}

/** To be called when the first connection is wanted. */
export function targetFromEnvironment(redis: RedisOptions): RedisOptions {
  const url = process.env.REDIS_URL;
  if (url) return over(readUrl('REDIS_URL', url), redis);
  throw new ConfigurationError('url', 'is not given and REDIS_URL is not set');
}

/** A place is a path, or a host with a port, or sentinels: naming one leaves nothing of another. */
function over(url: RedisOptions, redis: RedisOptions): RedisOptions {
  const merged = { ...url, ...redis };
  if ((merged.tls as unknown) === false) delete merged.tls;
  if (merged.sentinels) {
    const { host: _host, port: _port, path: _path, ...others } = merged;
    return others;
  }
  const { path, host = 'localhost', port = 6379, ...others } = merged;
  const isPath = path !== undefined && (redis.path !== undefined || (redis.host ?? redis.port) === undefined);
  return isPath ? { ...others, path } : { ...others, host, port };
}
