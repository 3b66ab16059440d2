import { noop, type Outcome } from '../core/outcome.js';

/** A scope or a lease got a connection. */
export interface AcquireEvent {
  readonly label: string | undefined;
  readonly waitMs: number;
}

/** A connection was given back, or closed instead. */
export interface ReleaseEvent {
  readonly label: string | undefined;
  readonly heldMs: number;
  /** `cleaned`: what the borrower left behind was undone. */
  readonly disposition: 'reused' | 'cleaned' | 'destroyed';
  /** `clean`, or why the connection was cleaned or destroyed. */
  readonly reason: string;
  /** Commands without a reply when the function was done: a forgotten `await`. */
  readonly inFlight: readonly string[];
}

/** An attempt is over, and another one will follow after `delayMs`. */
export interface RetryEvent {
  readonly label: string | undefined;
  /** The attempt that is over, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly outcome: Outcome<unknown>;
}

/** Something went wrong while a connection was made clean. The call is not concerned. */
export interface ReleaseErrorEvent {
  readonly label: string | undefined;
  readonly error: Error;
}

/** A lease is held for too long, came back after all, or is lost for good. */
export interface LeakEvent {
  readonly label: string | undefined;
  readonly heldMs: number;
  /** Where the lease was acquired. */
  readonly stack: string | undefined;
  /** `held`: longer than `leakThresholdMs`; `returned`: came back after all; `collected`: nobody can return it any more. */
  readonly kind: 'held' | 'returned' | 'collected';
}

/** A connection was opened. */
export interface ConnectEvent {
  /** Dial and handshake. */
  readonly connectMs: number;
}

/** A connection was closed. */
export interface CloseEvent {
  readonly reason: string;
}

/** Optional hooks, called synchronously. One that throws or rejects harms nothing. */
export interface Observer {
  readonly onAcquire?: (event: AcquireEvent) => void;
  readonly onRelease?: (event: ReleaseEvent) => void;
  readonly onRetry?: (event: RetryEvent) => void;
  readonly onReleaseError?: (event: ReleaseErrorEvent) => void;
  readonly onLeak?: (event: LeakEvent) => void;
  readonly onConnect?: (event: ConnectEvent) => void;
  readonly onClose?: (event: CloseEvent) => void;
}

export const OBSERVER_HOOKS = [
  'onAcquire',
  'onRelease',
  'onRetry',
  'onReleaseError',
  'onLeak',
  'onConnect',
  'onClose',
] as const satisfies readonly (keyof Observer)[];

/** Builds the event only if somebody listens. */
export function notify<K extends keyof Observer>(
  observer: Observer | undefined,
  hook: K,
  event: () => Parameters<NonNullable<Observer[K]>>[0],
): void {
  if (!observer?.[hook]) return;
  try {
    const result: unknown = (observer[hook] as (event: unknown) => unknown)(event());
    if (result instanceof Promise) result.catch(noop);
  } catch {
    // The hook's own failure is none of the caller's.
  }
}
