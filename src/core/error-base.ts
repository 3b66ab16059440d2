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

/** Looks into what somebody threw, returned or handed over, which may be a proxy that throws. */
export function lookInto<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** True for an error made by any copy of this package. Whatever was thrown may be asked. */
export function isBranded(error: unknown): error is WithRedisError {
  return lookInto(() => (error as { [BRAND]?: unknown } | null)?.[BRAND] === true, false);
}

/** True for an error made by this copy. What anybody else threw is not looked into. */
export function isOurs(error: unknown): error is WithRedisError {
  return made.has(error as WithRedisError);
}

/** Whatever was thrown. */
export function reasonOf(cause: unknown): string {
  const words = () =>
    String(
      cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || cause.name : cause,
    );
  return lookInto(words, 'a reason that cannot be shown');
}
