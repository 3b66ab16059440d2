/** `'full'`: a random part of the delay, from 0 to all of it, so that many callers spread out. */
export type Jitter = 'none' | 'full';

export interface BackoffOptions {
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly factor: number;
  readonly jitter: Jitter;
}

/** The delay after the given attempt (from 1): exponential, capped, then jittered. */
export function backoffMs(options: BackoffOptions, attempt: number, random: () => number): number {
  const { delayMs, maxDelayMs, factor, jitter } = options;
  const delay = Math.min(delayMs * factor ** (attempt - 1), maxDelayMs);
  return jitter === 'full' ? delay * random() : delay;
}
