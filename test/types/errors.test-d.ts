import {
  AcquireTimeoutError,
  type ClosedError,
  type CommandReport,
  ConfigurationError,
  type ConflictError,
  type ConnectError,
  type DeadlineExceededError,
  isWithRedisError,
  type LeaseReleasedError,
  type NestedScopeError,
  type Phase,
  type QueueFullError,
  type StatefulCommandError,
  WithRedisError,
} from 'with-redis';
import { check, type Same } from './same.js';

// Each class has a code and a name of its own, as literals.
check<Same<ConfigurationError['code'], 'ERR_WITH_REDIS_CONFIGURATION'>>();
check<Same<ConnectError['code'], 'ERR_WITH_REDIS_CONNECT'>>();
check<Same<AcquireTimeoutError['code'], 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT'>>();
check<Same<QueueFullError['code'], 'ERR_WITH_REDIS_QUEUE_FULL'>>();
check<Same<DeadlineExceededError['code'], 'ERR_WITH_REDIS_DEADLINE_EXCEEDED'>>();
check<Same<LeaseReleasedError['code'], 'ERR_WITH_REDIS_LEASE_RELEASED'>>();
check<Same<StatefulCommandError['code'], 'ERR_WITH_REDIS_STATEFUL_COMMAND'>>();
check<Same<NestedScopeError['code'], 'ERR_WITH_REDIS_NESTED_SCOPE'>>();
check<Same<ConflictError['code'], 'ERR_WITH_REDIS_CONFLICT'>>();
check<Same<ClosedError['code'], 'ERR_WITH_REDIS_CLOSED'>>();
check<Same<ClosedError['name'], 'ClosedError'>>();

type Failure = ConfigurationError | ConnectError | DeadlineExceededError | AcquireTimeoutError;

// So a code tells the class.
export function explain(error: Failure): unknown {
  switch (error.code) {
    case 'ERR_WITH_REDIS_CONNECT':
      check<Same<typeof error, ConnectError>>();
      return error.address;
    case 'ERR_WITH_REDIS_DEADLINE_EXCEEDED':
      check<Same<typeof error.phase, Phase>>();
      check<Same<typeof error.commands, readonly CommandReport[]>>();
      // @ts-expect-error Of another class.
      return error.address;
    // @ts-expect-error No such code.
    case 'ERR_WITH_REDIS_CONECT':
      return undefined;
    case 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT':
      return error.oldest?.heldMs;
    default:
      check<Same<typeof error, ConfigurationError>>();
      return error.option;
  }
}

// The guard makes something of what was caught.
export function read(error: unknown): string | undefined {
  // @ts-expect-error Unknown.
  void error.code;
  if (error instanceof AcquireTimeoutError) check<Same<typeof error.pending, number>>();
  if (!isWithRedisError(error)) return undefined;
  const { label, cause }: Error & { readonly label: string | undefined } = error;
  check<Same<typeof label, string | undefined>>();
  check<Same<typeof cause, unknown>>();
  // A misspelt code does not compile, and a code tells the class.
  // @ts-expect-error No such code.
  if (error.code === 'ERR_WITH_REDIS_CONECT') return undefined;
  if (error.code === 'ERR_WITH_REDIS_CONNECT') check<Same<typeof error.address, string>>();
  const code: `ERR_WITH_REDIS_${string}` = error.code;
  // @ts-expect-error Readonly.
  error.label = 'other';
  return code;
}

// The base class is there to be recognised, not to be made.
// @ts-expect-error
new WithRedisError('text');
const made: WithRedisError = new ConfigurationError('name', 'is wrong');
check<Same<(typeof made)['label'], string | undefined>>();
