import type { Exception } from '@opentelemetry/api';
import { isWithRedisError } from '../index.js';

/** What is told of something that was thrown. */
export interface Thrown {
  readonly exception: Exception;
  readonly message: string;
  readonly type: string;
}

const UNSHOWN = 'a reason that cannot be shown';

/** Texts alone, for an SDK looks into what it is given, and what was thrown may be something that throws at that. */
export function describeThrown(thrown: unknown): Thrown {
  const type = typeOf(thrown);
  const [code, name, stack] = [textIn(thrown, 'code'), textIn(thrown, 'name'), textIn(thrown, 'stack')];
  if (isError(thrown)) {
    const message = textIn(thrown, 'message') ?? UNSHOWN;
    return { exception: { code, name, message, stack } as Exception, message, type };
  }
  const message = lookInto(() => String(thrown)) ?? UNSHOWN;
  return { exception: message, message, type };
}

/** Few different values, as the semantic conventions want it. */
export function typeOf(thrown: unknown): string {
  const key = isWithRedisError(thrown) ? 'code' : 'name';
  return (isError(thrown) ? textIn(thrown, key) : undefined) ?? '_OTHER';
}

const isError = (thrown: unknown) => lookInto(() => thrown instanceof Error) === true;

function textIn(thrown: unknown, key: 'code' | 'name' | 'message' | 'stack'): string | undefined {
  const value = lookInto(() => (thrown as Record<string, unknown>)[key]);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Nothing where the look throws. */
function lookInto<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
