export type { HeldLease } from './borrower.js';
export type {
  AcquireTimeoutDetails,
  CommandReport,
  NestedScopeParty,
  Phase,
} from './core/errors.js';
export {
  AcquireTimeoutError,
  ClosedError,
  ConfigurationError,
  ConflictError,
  ConnectError,
  DeadlineExceededError,
  isWithRedisError,
  LeaseReleasedError,
  NestedScopeError,
  QueueFullError,
  StatefulCommandError,
  WithRedisError,
} from './core/errors.js';
export type {
  AcquireEvent,
  CloseEvent,
  ConnectEvent,
  LeakEvent,
  Observer,
  ReleaseErrorEvent,
  ReleaseEvent,
  RetryEvent,
} from './core/events.js';
export type { Outcome } from './core/outcome.js';
export type { Stats } from './instance.js';
export type {
  CallOptions,
  Isolation,
  Nested,
  PoolOptions,
  RetryOptions,
  WithRedisOptions,
} from './options.js';
export type { Scope } from './scope.js';
export type { ScopedRedis } from './scoped-client.js';
export type { CloseReport } from './shutdown.js';
export type {
  CloseOptions,
  Lease,
  ScopeFunction,
  WithRedis,
} from './with-redis.js';
export { createWithRedis, withRedis } from './with-redis.js';
