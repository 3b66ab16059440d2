import type { ChainableCommander, Cluster, Redis } from 'ioredis';

/** Methods that end, replace or multiply a connection; a scope lends one and takes it back. */
type LifecycleMethod = 'quit' | 'disconnect' | 'end' | 'duplicate' | 'monitor' | 'connect';

/**
 * The client inside a scope: an ioredis `Redis` to every helper that takes one, without the methods that would end or
 * multiply the connection. It is dead once the scope has ended.
 */
export type ScopedRedis = Redis & { readonly [M in LifecycleMethod]: never };

/** Commands that need a connection of their own: they leave a state behind, or wait at the server. */
type StatefulCommand =
  | 'watch'
  | 'unwatch'
  | 'subscribe'
  | 'psubscribe'
  | 'ssubscribe'
  | 'unsubscribe'
  | 'punsubscribe'
  | 'sunsubscribe'
  | 'select'
  | 'auth'
  | 'hello'
  | 'reset'
  | 'readonly'
  | 'readwrite'
  | 'asking'
  | 'exec'
  | 'discard'
  | 'wait'
  | 'blpop'
  | 'brpop'
  | 'brpoplpush'
  | 'blmove'
  | 'blmpop'
  | 'bzpopmin'
  | 'bzpopmax'
  | 'bzmpop'
  | 'blpopBuffer'
  | 'brpopBuffer';

/** The client inside a shared scope: what others would notice does not compile. */
export type SharedRedis = ScopedRedis & { readonly [C in StatefulCommand]: never };

type Escaping = Redis | Cluster | ChainableCommander;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Refuses to compile where the connection, a pipeline or a transaction would leave its scope. */
export type StaysInScope<T> =
  IsAny<Awaited<T>> extends true
    ? unknown
    : [Extract<Awaited<T>, Escaping>] extends [never]
      ? unknown
      : {
          readonly 'a connection, pipeline or transaction must not leave its scope': never;
        };
