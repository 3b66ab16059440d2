import { check, type Same } from './same.js';

// The values of the public surface, no more and no less.
check<
  Same<
    keyof typeof import('with-redis'),
    | 'withRedis'
    | 'createWithRedis'
    | 'isWithRedisError'
    | 'WithRedisError'
    | 'ConfigurationError'
    | 'ConnectError'
    | 'AcquireTimeoutError'
    | 'QueueFullError'
    | 'DeadlineExceededError'
    | 'LeaseReleasedError'
    | 'StatefulCommandError'
    | 'NestedScopeError'
    | 'ConflictError'
    | 'ClosedError'
  >
>();
check<
  Same<
    keyof typeof import('with-redis/dashboard'),
    'getRealtimeDashboardData' | 'readDashboard' | 'storeMarketIndices' | 'toDashboardData'
  >
>();
check<Same<keyof typeof import('with-redis/otel'), 'instrumentWithRedis'>>();
check<
  Same<
    keyof typeof import('with-redis/testing'),
    'checkLeaks' | 'expectNoLeaks' | 'LeakError' | 'replaceRedis'
  >
>();
check<Same<keyof typeof import('with-redis/eslint'), 'default' | 'meta' | 'rules' | 'configs'>>();

// Every type that a signature of it mentions has a name to import.
export type {
  AcquireEvent,
  AcquireTimeoutDetails,
  AnyWithRedisError,
  CallOptions,
  CloseEvent,
  CloseOptions,
  CloseReport,
  CommandReport,
  ConnectEvent,
  HeldLease,
  InstanceReport,
  InstancesMessage,
  Isolation,
  LeakEvent,
  Lease,
  Nested,
  NestedScopeParty,
  Observer,
  Outcome,
  Phase,
  PoolOptions,
  ReleaseErrorEvent,
  ReleaseEvent,
  RetryEvent,
  RetryOptions,
  Scope,
  ScopedRedis,
  ScopeFunction,
  Server,
  SharedRedis,
  SharedStats,
  Stats,
  TraceMessage,
  TransactionBody,
  TransactionResult,
  WithRedis,
  WithRedisOptions,
} from 'with-redis';
export type {
  DashboardData,
  DashboardField,
  DashboardOptions,
  DashboardResult,
  JsonValue,
  Logger,
  MarketIndex,
  MarketIndexName,
  MarketIndices,
  MarketIndicesOptions,
} from 'with-redis/dashboard';
export type { RedisConfig, RedisPlugin, RedisRule } from 'with-redis/eslint';
export type { Instrumentation, InstrumentationOptions } from 'with-redis/otel';
export type {
  BeforeAndAfter,
  CheckedFunction,
  LeakCheckOptions,
  LeakedConnection,
  LeakProgress,
  LeakReport,
} from 'with-redis/testing';
