/** Shared by every copy of the package (ESM, CJS, two versions in one tree), so `isWithRedisError` works across them. */
const BRAND: unique symbol = Symbol.for('with-redis.error') as never;

export interface ErrorContext {
  /** The label of the call, where it had one. */
  readonly label?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error this package makes. What `fn` throws and what aborts a signal pass by identity instead. */
export abstract class WithRedisError extends Error {
  abstract readonly code: `ERR_WITH_REDIS_${string}`;
  readonly label: string | undefined;

  constructor(message: string, { label, cause }: ErrorContext = {}) {
    super(
      label === undefined ? message : `${message} (label: ${label})`,
      cause === undefined ? undefined : { cause },
    );
    this.label = label;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for an error made by any copy of this package. */
export function isBranded(error: unknown): error is WithRedisError {
  return typeof error === 'object' && error !== null && (error as { [BRAND]?: unknown })[BRAND] === true;
}
