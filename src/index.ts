export type { Server } from './connection/address.js';
export type { Isolation } from './core/call.js';
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
export type { Outcome } from './core/outcome.js';
export type { ScopedRedis, SharedRedis, StandingRedis } from './handle/scoped-redis.js';
export type { InstanceReport, InstancesMessage } from './instance/live-instances.js';
export type { Scope } from './instance/scope.js';
export type { TransactionBody, TransactionResult } from './instance/transaction.js';
export type { Lease } from './lease/lease.js';
export type { SharedStats } from './lease/shared-connection.js';
export type { TraceMessage } from './observe/channels.js';
export type {
  AcquireEvent,
  CloseEvent,
  ConnectEvent,
  LeakEvent,
  Observer,
  ReleaseErrorEvent,
  ReleaseEvent,
  RetryEvent,
} from './observe/events.js';
export type {
  CallOptions,
  CloseOptions,
  Nested,
  PoolOptions,
  RetryOptions,
  WithRedisOptions,
} from './options/options.js';
export type { HeldLease } from './pool/grant.js';
export type { CloseReport } from './server/backend.js';
export type { Stats } from './server/stats.js';
export type {
  ScopeFunction,
  WithRedis,
} from './with-redis.js';
export { createWithRedis, withRedis } from './with-redis.js';
