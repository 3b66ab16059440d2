/** Shared by every copy of the package (ESM, CJS, two versions in one tree), so `isWithRedisError` works across them. */
const BRAND: unique symbol = Symbol.for('with-redis.error') as never;

const made = new WeakSet<WithRedisError>();

export interface ErrorContext {
  /** The label of the call, where it had one. */
  readonly label?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error this package makes. What `fn` throws and what aborts a signal pass by identity instead. */
export abstract class WithRedisError extends Error {
  /** Tells the classes apart, also those of another copy of this package. */
  abstract readonly code: `ERR_WITH_REDIS_${string}`;
  /** Of the call, where it had one. */
  readonly label: string | undefined;

  constructor(message: string, { label, cause }: ErrorContext = {}) {
    super(
      label === undefined ? message : `${message} (label: ${label})`,
      cause === undefined ? undefined : { cause },
    );
    this.label = label;
    made.add(this);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for an error made by any copy of this package. Whatever was thrown may be asked: a proxy may throw. */
export function isBranded(error: unknown): error is WithRedisError {
  try {
    return typeof error === 'object' && error !== null && (error as { [BRAND]?: unknown })[BRAND] === true;
  } catch {
    return false;
  }
}

/** True for an error made by this copy. What anybody else threw is not looked into. */
export function isOurs(error: unknown): error is WithRedisError {
  return made.has(error as WithRedisError);
}

/** Whatever was thrown; a proxy of somebody's may throw in turn. */
export function reasonOf(cause: unknown): string {
  try {
    if (!(cause instanceof Error)) return String(cause);
    return cause.message || (cause as NodeJS.ErrnoException).code || cause.name;
  } catch {
    return 'a reason that cannot be shown';
  }
}
