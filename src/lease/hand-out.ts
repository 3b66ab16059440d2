import type { Call } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import { createHandle } from '../handle/handle.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import { endLease } from '../observe/channels.js';
import type { CallContext } from '../observe/context.js';
import { notify } from '../observe/events.js';
import { watchForLeaks } from '../observe/leak-watch.js';
import type { Borrower } from './borrower.js';

const abandoned = new FinalizationRegistry<{ readonly context: CallContext; readonly lease: Borrower }>(
  ({ context, lease }) => {
    const { observer, clock, ledger } = context;
    const { label, since, watch } = lease;
    const event = { kind: 'collected' as const, label, heldMs: clock.now() - since, stack: watch?.stack };
    ledger.leaks += 1;
    notify(observer, 'onLeak', () => event);
    void lease.destroy('leaked');
  },
);

/** A lease that somebody holds by hand. */
export interface HandHeld {
  readonly redis: ScopedRedis;
  /** Aborts when the connection is lost or taken away. */
  readonly signal: AbortSignal;
  release(): Promise<void> | undefined;
  destroy(): Promise<void> | undefined;
}

/**
 * Only the borrower holds the handle: if that one loses it without giving the lease back, nobody ever can, and the
 * connection is closed.
 */
export function handOut(context: CallContext, call: Call, lease: Borrower): HandHeld {
  if (context.leakThresholdMs < UNLIMITED) watchForLeaks(context, call, lease);
  const controller = new AbortController();
  lease.holder = {
    lost: () => controller.abort(new Error('the connection of this lease was lost')),
    force: (error) => {
      controller.abort(error);
      void lease.destroy('closed');
    },
  };
  const redis = createHandle(lease, lease.connection);
  abandoned.register(redis, { context, lease }, lease);
  // What it has sent and heard may lead back to the handle, which would be held for ever.
  lease.frame = { end: () => abandoned.unregister(lease) };
  const end = (reason?: 'destroyed') => endLease(context, call, lease, reason);
  return { redis, signal: controller.signal, release: () => end(), destroy: () => end('destroyed') };
}
