import type { RedisOptions } from 'ioredis';
import type { Client } from './client.js';

/** Where connections go. */
export interface Server {
  /** A host, or the path of a unix socket. */
  readonly address: string;
  /** Not of a unix socket. */
  readonly port: number | undefined;
  /** Index of the database. */
  readonly database: number;
}

interface Target {
  readonly url?: string | undefined;
  readonly redis: RedisOptions;
  readonly connect?: unknown;
}

/** What the options say; undefined where a factory or a sentinel decides. */
export function serverOf({ url, redis, connect }: Target): Server | undefined {
  if (connect || redis.sentinels) return undefined;
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const database = redis.db ?? Number(parsed?.pathname.slice(1) || 0);
  const path = redis.path ?? (parsed ? undefined : url);
  if (path !== undefined) return { address: path, port: undefined, database };
  const address = redis.host ?? (parsed?.hostname || 'localhost').replace(/^\[|\]$/g, '');
  return { address, port: Number(redis.port ?? (parsed?.port || 6379)), database };
}

/** Where a connection goes, in words that hold no credential. What the client made of the options is nearest the truth. */
export function addressOf({ url, redis }: Target, client: Client | undefined): string {
  const options: RedisOptions = client?.options ?? redis;
  if (options.sentinels) return `sentinel group ${options.name ?? ''}`.trimEnd();
  if (options.path) return options.path;
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const host = options.host ?? (parsed?.hostname || 'localhost');
  return `${host}:${options.port ?? (parsed?.port || 6379)}`;
}
