import type { RedisOptions } from 'ioredis';

/** Where connections go. */
export interface Server {
  /** A host, or the path of a unix socket. */
  readonly address: string;
  /** Not of a unix socket. */
  readonly port: number | undefined;
  /** Index of the database. */
  readonly database: number;
}

/** What the options say that are dialled; undefined where a factory or a sentinel decides. */
export function serverOf(target: RedisOptions | undefined): Server | undefined {
  if (!target || target.sentinels) return undefined;
  const { path, host = 'localhost', port = 6379, db: database = 0 } = target;
  return path === undefined
    ? { address: host, port, database }
    : { address: path, port: undefined, database };
}

/** The same in words that hold no credential. */
export function addressOf(options: RedisOptions): string {
  if (options.sentinels) return `sentinel group ${options.name ?? ''}`.trimEnd();
  const { path, host = 'localhost', port = 6379 } = options;
  return path ?? `${host}:${port}`;
}
