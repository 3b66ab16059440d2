import type { Call } from '../core/call.js';
import { UNLIMITED } from '../core/clock.js';
import { createHandle } from '../handle/handle.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import { describe, type TraceMessage } from '../observe/channels.js';
import type { CallContext } from '../observe/context.js';
import { notify } from '../observe/events.js';
import { watchForLeaks } from '../observe/leak-watch.js';
import type { Borrower } from './borrower.js';
import type { Lease } from './lease.js';

const abandoned = new FinalizationRegistry<{ readonly context: CallContext; readonly lease: Borrower }>(
  ({ context, lease }) => {
    const { observer, clock, ledger } = context;
    const { label, since, watch } = lease;
    const heldMs = clock.now() - since;
    if (watch?.reported) watch.reported = false;
    else ledger.leaks += 1;
    notify(observer, 'onLeak', () => ({ kind: 'collected', label, heldMs, stack: watch?.stack }));
    void lease.destroy('leaked');
  },
);

/** Each lives as long as its handle does. */
const controllers = new WeakMap<ScopedRedis, AbortController>();

/**
 * Only the borrower holds the handle: if that one loses it without giving the lease back, nobody ever can, and the
 * connection is closed. So nothing that the lease holds may lead to the handle: no call and no signal, for whoever
 * listens to one may hold it.
 */
export function handOut(context: CallContext, call: Call, lease: Borrower): Lease {
  if (context.leakThresholdMs < UNLIMITED) watchForLeaks(context, call, lease);
  const controller = new AbortController();
  const redis = createHandle(lease, lease.connection);
  controllers.set(redis, controller);
  track(lease, new WeakRef(controller), describe(context, call));
  abandoned.register(redis, { context, lease }, lease);
  // Whoever has any part of it can still give it back, so each of them holds all.
  const held: Lease = {
    redis,
    signal: controller.signal,
    release: async () => lease.release(),
    destroy: async () => lease.destroy('destroyed'),
    [Symbol.asyncDispose]: () => held.release(),
  };
  return held;
}

function track(lease: Borrower, controller: WeakRef<AbortController>, message: TraceMessage): void {
  // What it has sent and heard may lead back to the handle, which would be held for ever.
  lease.frame = { end: () => abandoned.unregister(lease) };
  lease.holder = {
    lost: () => controller.deref()?.abort(new Error('the connection of this lease was lost')),
    force(error) {
      controller.deref()?.abort(error(lease));
      void lease.destroy('closed');
    },
    message,
  };
}
