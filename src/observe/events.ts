import { noop, type Outcome } from '../core/outcome.js';

/** A scope or a lease got a connection. */
export interface AcquireEvent {
  readonly label: string | undefined;
  /** From the attempt's beginning, dials included, in ms. */
  readonly waitMs: number;
}

/** A connection was given back, or closed instead. */
export interface ReleaseEvent {
  readonly label: string | undefined;
  /** Since it was lent, in ms. */
  readonly heldMs: number;
  /** `cleaned`: what the borrower left behind was undone. */
  readonly disposition: 'reused' | 'cleaned' | 'destroyed';
  /** `clean`, or why the connection was cleaned or destroyed. */
  readonly reason: string;
  /** Commands without a reply when the function was done: a forgotten `await`. */
  readonly inFlight: readonly string[];
}

/** What became of a connection, and why. */
export type Disposal = Omit<ReleaseEvent, 'label' | 'heldMs'>;

/** An attempt is over, and another one will follow after `delayMs`. */
export interface RetryEvent {
  readonly label: string | undefined;
  /** The attempt that is over, from 1. */
  readonly attempt: number;
  /** Wait before the next one, in ms. */
  readonly delayMs: number;
  /** What the attempt that is over came to. */
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
  /** So far, in ms. */
  readonly heldMs: number;
  /** Where the lease was acquired. */
  readonly stack: string | undefined;
  /** `held`: longer than `leakThresholdMs`; `returned`: came back after all; `collected`: nobody can return it any more. */
  readonly kind: 'held' | 'returned' | 'collected';
}

/** A connection was opened. */
export interface ConnectEvent {
  /** Dial and handshake, in ms. */
  readonly connectMs: number;
}

/** A connection was closed. */
export interface CloseEvent {
  /** As in `stats().destroyed`. */
  readonly reason: string;
}

/** Optional hooks, called synchronously. One that throws or rejects harms nothing. */
export interface Observer {
  /** Before the function runs. */
  readonly onAcquire?: (event: AcquireEvent) => void;
  /** Once for each `onAcquire`, before the call settles. */
  readonly onRelease?: (event: ReleaseEvent) => void;
  /** An attempt is over and another follows after `delayMs`, unless the call ends before. */
  readonly onRetry?: (event: RetryEvent) => void;
  /** Making a connection clean failed; it was closed. */
  readonly onReleaseError?: (event: ReleaseErrorEvent) => void;
  /** A lease is held for longer than `leakThresholdMs`, came back after all, or was garbage-collected. */
  readonly onLeak?: (event: LeakEvent) => void;
  /** A connection was opened. */
  readonly onConnect?: (event: ConnectEvent) => void;
  /** A connection was closed. */
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
