export type { HeldLease } from './borrower.js';
export type { TraceMessage } from './channels.js';
export type {
  AcquireTimeoutDetails,
  AnyWithRedisError,
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
export type { InstanceReport, InstancesMessage } from './live-instances.js';
export type {
  CallOptions,
  CloseOptions,
  Isolation,
  Nested,
  PoolOptions,
  RetryOptions,
  WithRedisOptions,
} from './options.js';
export type { Scope } from './scope.js';
export type { ScopedRedis, SharedRedis } from './scoped-redis.js';
export type { Server } from './server.js';
export type { SharedStats } from './shared-line.js';
export type { CloseReport } from './shutdown.js';
export type { Stats } from './stats.js';
export type { TransactionBody, TransactionResult } from './transaction.js';
export type {
  Lease,
  ScopeFunction,
  WithRedis,
} from './with-redis.js';
export { createWithRedis, withRedis } from './with-redis.js';
