import type { Redis } from 'ioredis';

/** Methods that end, replace or multiply a connection, which is the instance's. */
interface Lifecycle {
  /** Not here: a scope gives its connection back when its function returns, and `close()` of the instance ends all. */
  readonly quit: never;
  /** Not here: a scope gives its connection back when its function returns, and `close()` of the instance ends all. */
  readonly disconnect: never;
  /** Not here: a scope gives its connection back when its function returns, and `close()` of the instance ends all. */
  readonly end: never;
  /** Not here: another connection is another scope; for other options make another instance. */
  readonly duplicate: never;
  /** Not here: MONITOR takes its connection for good. Use a client of your own. */
  readonly monitor: never;
  /** Not here: what is lent is connected. */
  readonly connect: never;
}

/** Commands that leave a state behind: on a connection that others use they would notice, and by the next call it is gone. */
interface Lasting {
  /** Not here: it counts on its connection alone. Use `isolation: 'exclusive'` or `'auto'`, or the instance's `transaction()`. */
  readonly watch: never;
  /** Not here: it counts on its connection alone. Use `isolation: 'exclusive'` or `'auto'`. */
  readonly unwatch: never;
  /** Not here: messages come to one connection. Use a scope that lasts, with `isolation: 'exclusive'` or `'auto'`. */
  readonly subscribe: never;
  /** Not here: messages come to one connection. Use a scope that lasts, with `isolation: 'exclusive'` or `'auto'`. */
  readonly psubscribe: never;
  /** Not here: messages come to one connection. Use a scope that lasts, with `isolation: 'exclusive'` or `'auto'`. */
  readonly ssubscribe: never;
  /** Not here: nothing is subscribed to. */
  readonly unsubscribe: never;
  /** Not here: nothing is subscribed to. */
  readonly punsubscribe: never;
  /** Not here: nothing is subscribed to. */
  readonly sunsubscribe: never;
  /** Not here: another database is another instance, with `redis: { db }`, or a scope with `isolation: 'exclusive'`. */
  readonly select: never;
  /** Not here: another user is another instance, with `redis: { username, password }`. */
  readonly auth: never;
  /** Not here: the protocol is the instance's, `redis: { protocol }`. */
  readonly hello: never;
  /** Not here: others use the connection. */
  readonly reset: never;
  /** Not here: it counts on its connection alone. */
  readonly readonly: never;
  /** Not here: it counts on its connection alone. */
  readonly readwrite: never;
  /** Not here: it counts on its connection alone. */
  readonly himport: never;
  /** Not here: it makes its connection that of a replica. Use a client of your own. */
  readonly sync: never;
  /** Not here: it makes its connection that of a replica. Use a client of your own. */
  readonly psync: never;
  /** Not here: it is what replicas say of themselves. Use a client of your own. */
  readonly replconf: never;
  /** Not here: redirections of a cluster are followed for you. */
  readonly asking: never;
  /** Not here: a transaction leaves in one piece, `multi()…exec()`. */
  readonly exec: never;
  /** Not here: a transaction leaves in one piece, `multi()…exec()`. */
  readonly discard: never;
  /** Not here: it counts what its own connection has written. */
  readonly wait: never;
  /** Not here: it counts what its own connection has written. */
  readonly waitaof: never;
}

/** Commands that wait at the server, whatever they are given. */
type WaitingCommand =
  | 'blmove'
  | 'blmovem'
  | 'blmpop'
  | 'blpop'
  | 'brpop'
  | 'brpoplpush'
  | 'bzmpop'
  | 'bzpopmax'
  | 'bzpopmin';

/** By whatever method they are sent. */
type Waiting = { readonly [C in WaitingCommand | `${WaitingCommand}Buffer`]: never };

/**
 * Which scope a client belongs to, as the ST monad keeps its references: only the function of that scope knows `S`, and
 * nothing that holds it can be returned.
 */
interface BelongsTo<S> {
  readonly 'a connection must not leave its scope'?: (scope: S) => S;
}

/**
 * The client inside a scope: an ioredis `Redis` to every helper that takes one, without the methods that would end or
 * multiply the connection. It is dead once the scope has ended.
 */
// biome-ignore lint/suspicious/noExplicitAny: who does not care for the scope takes the client of any
export type ScopedRedis<S = any> = Redis & Lifecycle & BelongsTo<S>;

/** The client inside a shared scope: what others would notice, or have to wait for, does not compile. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export type SharedRedis<S = any> = ScopedRedis<S> & Lasting & Waiting;

/**
 * A client that stands for as long as its instance: each command, pipeline, transaction in one piece, script and page of a
 * scan is a scope of its own. What would span calls does not compile, and rejects with `StatefulCommandError`.
 */
export type StandingRedis = Redis & Lifecycle & Lasting;
