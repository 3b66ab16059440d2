import type { Call } from '../core/call.js';
import type { Expirable } from '../core/deadlines.js';
import type { CallContext } from './context.js';
import { notify } from './events.js';

/** What is watched: a lease. */
export interface Watched {
  readonly since: number;
  watch: LeakWatch | undefined;
}

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
  /** Whoever heard that it is held is to hear that it came back. */
  reported = false;

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
    this.reported = true;
    this.#context.ledger.leaks += 1;
    this.#tell('held');
  }

  end(): void {
    this.row?.remove(this);
    if (this.reported) this.#tell('returned');
  }

  #tell(kind: 'held' | 'returned'): void {
    const { observer, clock } = this.#context;
    const heldMs = clock.now() - this.#since;
    notify(observer, 'onLeak', () => ({ kind, label: this.#label, heldMs, stack: this.stack }));
  }
}

export function watchForLeaks(context: CallContext, { label, origin }: Call, lease: Watched): void {
  lease.watch = new LeakWatch(context, label, lease.since, origin);
}
