import type { Call } from '../core/call.js';
import type { Expirable } from '../core/deadlines.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { CallContext } from '../server/engine.js';
import { endLease } from './channels.js';
import { notify } from './events.js';

/** Reports a lease that is held for too long, and that it came back after all. */
export class LeakWatch implements Expirable {
  expiresAt = 0;
  sooner: Expirable | undefined;
  later: Expirable | undefined;
  row: Expirable['row'];
  readonly #context: CallContext;
  readonly #label: string | undefined;
  readonly #since: number;
  readonly #origin: Error | undefined;
  #reported = false;

  constructor(context: CallContext, label: string | undefined, since: number, origin: Error | undefined) {
    this.#context = context;
    this.#label = label;
    this.#since = since;
    this.#origin = origin;
    context.deadlines.add(this, context.leakThresholdMs, since);
  }

  /** Where the lease was asked for. */
  get stack(): string | undefined {
    return this.#origin?.stack;
  }

  /** Called when the threshold is passed. */
  expire(): void {
    this.#reported = true;
    this.#context.ledger.leaks += 1;
    this.#tell('held');
  }

  end(): void {
    this.#context.deadlines.remove(this);
    if (this.#reported) this.#tell('returned');
  }

  #tell(kind: 'held' | 'returned'): void {
    const { observer, clock } = this.#context;
    const heldMs = clock.now() - this.#since;
    notify(observer, 'onLeak', () => ({ kind, label: this.#label, heldMs, stack: this.stack }));
  }
}

/** Nothing is kept, not even a stack, where nobody wants to know. */
export function watchForLeaks(context: CallContext, { label, origin }: Call, lease: Borrower): void {
  if (context.leakThresholdMs === Number.POSITIVE_INFINITY) return;
  lease.watch = new LeakWatch(context, label, lease.since, origin);
}

const abandoned = new FinalizationRegistry<{ readonly context: CallContext; readonly lease: Borrower }>(
  ({ context, lease }) => {
    // It came back, and only then was it forgotten.
    if (!lease.client) return;
    const { observer, clock, ledger } = context;
    const { label, since, watch } = lease;
    const event = { kind: 'collected' as const, label, heldMs: clock.now() - since, stack: watch?.stack };
    ledger.leaks += 1;
    notify(observer, 'onLeak', () => event);
    void lease.destroy('leaked');
  },
);

/** A lease that somebody holds by hand. */
export interface Held {
  readonly redis: ScopedRedis;
  release(): Promise<void> | undefined;
  destroy(): Promise<void> | undefined;
}

/**
 * Takes the handle out of a lease, so that only its borrower holds it: if that one loses it without giving the lease
 * back, nobody ever can, and the connection is closed.
 */
export function handOut(context: CallContext, call: Call, lease: Borrower): Held {
  watchForLeaks(context, call, lease);
  lease.holder = { lost() {}, force: () => void lease.destroy('closed') };
  const redis = lease.redis as ScopedRedis;
  lease.redis = undefined;
  abandoned.register(redis, { context, lease });
  const end = (reason?: 'destroyed') => endLease(context, call, lease, reason);
  return { redis, release: () => end(), destroy: () => end('destroyed') };
}
