import type { Redis } from 'ioredis';

/** Methods that end, replace or multiply a connection; a scope lends one and takes it back. */
type LifecycleMethod = 'quit' | 'disconnect' | 'end' | 'duplicate' | 'monitor' | 'connect';

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
export type ScopedRedis<S = any> = Redis & { readonly [M in LifecycleMethod]: never } & BelongsTo<S>;

/** Commands that leave a state behind. */
type LastingCommand =
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
  | 'discard';

/** Commands that need a connection of their own: they leave a state behind, or wait at the server. */
type StatefulCommand =
  | LastingCommand
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
// biome-ignore lint/suspicious/noExplicitAny: as above
export type SharedRedis<S = any> = ScopedRedis<S> & { readonly [C in StatefulCommand]: never };

/**
 * A client that stands for as long as its instance: each command, pipeline, transaction in one piece, script and page of a
 * scan is a scope of its own. What would span calls does not compile, and rejects with `StatefulCommandError`.
 */
export type StandingRedis = Redis & { readonly [M in LifecycleMethod | LastingCommand]: never };
