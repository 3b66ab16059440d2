import { type AcquireTimeoutDetails, ageOf } from './acquire-timeout.js';
import { type ErrorContext, isBranded, reasonOf, WithRedisError } from './error-base.js';

export type { AcquireTimeoutDetails } from './acquire-timeout.js';
export { WithRedisError } from './error-base.js';

/** An option or argument that cannot be used. Never retried. */
export class ConfigurationError extends WithRedisError {
  override readonly name = 'ConfigurationError';
  readonly code = 'ERR_WITH_REDIS_CONFIGURATION';
  /** Path of the option, such as `pool.idleTimeoutMs`. */
  declare readonly option: string;

  constructor(option: string, problem: string, context?: ErrorContext) {
    super(`Option ${option} ${problem}`, context);
    this.option = option;
  }
}

/** No connection could be opened; `cause` is the real reason (ECONNREFUSED, WRONGPASS, a certificate, …). */
export class ConnectError extends WithRedisError {
  override readonly name = 'ConnectError';
  readonly code = 'ERR_WITH_REDIS_CONNECT';
  /** Host and port, or socket path; never a credential. */
  declare readonly address: string;
  /** True where dialling again cannot help: credentials, certificate, database index, protocol. */
  declare readonly permanent: boolean;

  constructor(address: string, permanent: boolean, context: ErrorContext) {
    super(`Could not connect to ${address}: ${reasonOf(context.cause)}`, context);
    this.address = address;
    this.permanent = permanent;
  }
}

/** No connection within `acquireTimeoutMs`; `cause` is the last failure to connect, where there was one. */
export class AcquireTimeoutError extends WithRedisError implements AcquireTimeoutDetails {
  override readonly name = 'AcquireTimeoutError';
  readonly code = 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT';
  declare readonly waitedMs: number;
  declare readonly size: number;
  declare readonly borrowed: number;
  declare readonly pending: number;
  declare readonly connecting: number;
  declare readonly oldest: AcquireTimeoutDetails['oldest'];

  constructor(details: AcquireTimeoutDetails, context?: ErrorContext, hint?: string) {
    const { waitedMs, size, borrowed, pending, connecting } = details;
    const state = `${borrowed} of ${size} borrowed, ${pending} pending, ${connecting} still connecting`;
    const parts = [state, ageOf(details), hint, context?.cause && reasonOf(context.cause)].filter(Boolean);
    super(`No connection within ${Math.round(waitedMs)} ms: ${parts.join('; ')}`, context);
    Object.assign(this, details);
  }
}

/** More than `maxPending` scopes wait already. */
export class QueueFullError extends WithRedisError {
  override readonly name = 'QueueFullError';
  readonly code = 'ERR_WITH_REDIS_QUEUE_FULL';
  declare readonly pending: number;
  declare readonly maxPending: number;

  constructor(pending: number, maxPending: number, context?: ErrorContext) {
    super(`${pending} scopes wait already; maxPending is ${maxPending}`, context);
    this.pending = pending;
    this.maxPending = maxPending;
  }
}

/** Where a call was when its deadline passed. */
export type Phase = 'connect' | 'wait' | 'run' | 'backoff';

/** What is known of one command of an attempt that was cut short. */
export interface CommandReport {
  readonly name: string;
  /** `in-doubt`: it was written and its reply never came, so the server may have run it. */
  readonly status: 'not-sent' | 'in-doubt' | 'replied';
}

/** `deadlineMs` passed. The connection is gone by the time this is thrown. */
export class DeadlineExceededError extends WithRedisError {
  override readonly name = 'DeadlineExceededError';
  readonly code = 'ERR_WITH_REDIS_DEADLINE_EXCEEDED';
  declare readonly phase: Phase;
  /** Commands of the attempt that ran, in order; of a very long attempt the most recent ones. */
  declare readonly commands: readonly CommandReport[];

  constructor(
    deadlineMs: number,
    phase: Phase,
    commands: readonly CommandReport[] = [],
    context?: ErrorContext,
  ) {
    const doubt = commands.filter(({ status }) => status === 'in-doubt').map(({ name }) => name);
    const inDoubt = doubt.length > 0 ? `; in doubt: ${doubt.join(', ')}` : '';
    super(`Deadline of ${deadlineMs} ms exceeded (phase: ${phase}${inDoubt})`, context);
    this.phase = phase;
    this.commands = commands;
  }
}

/** A connection was used after its scope ended. Nothing reached the server. */
export class LeaseReleasedError extends WithRedisError {
  override readonly name = 'LeaseReleasedError';
  readonly code = 'ERR_WITH_REDIS_LEASE_RELEASED';
  /** The command or method that came too late. */
  declare readonly command: string;

  constructor(command: string, context?: ErrorContext) {
    super(
      `${command} was called after its connection had been released; is an await missing in the scope?`,
      context,
    );
    this.command = command;
  }
}

/** A command that this kind of scope does not lend itself to. Nothing reached the server. */
export class StatefulCommandError extends WithRedisError {
  override readonly name = 'StatefulCommandError';
  readonly code = 'ERR_WITH_REDIS_STATEFUL_COMMAND';
  declare readonly command: string;

  constructor(command: string, problem: string, context?: ErrorContext) {
    super(`${command} ${problem}`, context);
    this.command = command;
  }
}

/** One party of a deadlock. */
export interface NestedScopeParty {
  readonly label: string | undefined;
  /** Where it was opened; of an outer scope of which that is not known, where it opened the inner one. */
  readonly stack: string | undefined;
}

/** Waiting would never end: every connection is held by a scope that itself waits for one. */
export class NestedScopeError extends WithRedisError {
  override readonly name = 'NestedScopeError';
  readonly code = 'ERR_WITH_REDIS_NESTED_SCOPE';
  declare readonly outer: NestedScopeParty;
  declare readonly inner: NestedScopeParty;

  constructor(problem: string, outer: NestedScopeParty, inner: NestedScopeParty, context?: ErrorContext) {
    super(problem, context);
    this.outer = outer;
    this.inner = inner;
  }
}

/** A transaction whose keys were changed by others in every attempt. */
export class ConflictError extends WithRedisError {
  override readonly name = 'ConflictError';
  readonly code = 'ERR_WITH_REDIS_CONFLICT';
  declare readonly attempts: number;

  constructor(keys: readonly string[], attempts: number, context?: ErrorContext) {
    super(`Keys ${keys.join(', ')} changed during each of ${attempts} attempts`, context);
    this.attempts = attempts;
  }
}

/** The instance was closed. */
export class ClosedError extends WithRedisError {
  override readonly name = 'ClosedError';
  readonly code = 'ERR_WITH_REDIS_CLOSED';
  declare readonly instance: string;

  constructor(instance: string, context?: ErrorContext) {
    super(`Instance "${instance}" is closed`, context);
    this.instance = instance;
  }
}

/** Makes the error of one call, with its label. */
export type ClosedErrorOf = (call: Pick<ErrorContext, 'label'>) => ClosedError;

/** What each call of an instance that was closed is told. */
export function closedError(instance: string): ClosedErrorOf {
  return ({ label }) => new ClosedError(instance, { label });
}

/** Every error of this package, told apart by `code`. */
export type AnyWithRedisError =
  | ConfigurationError
  | ConnectError
  | AcquireTimeoutError
  | QueueFullError
  | DeadlineExceededError
  | LeaseReleasedError
  | StatefulCommandError
  | NestedScopeError
  | ConflictError
  | ClosedError;

/** True for an error made by any copy of this package: ESM, CJS, or another version in the same tree. */
export function isWithRedisError(error: unknown): error is AnyWithRedisError {
  return isBranded(error);
}
