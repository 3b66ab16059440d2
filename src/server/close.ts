import type { Clock } from '../core/clock.js';
import { defer } from '../core/outcome.js';
import type { HeldLease } from '../lease/borrower.js';
import type { Engine } from './engine.js';

/** What `close()` resolves to. */
export interface CloseReport {
  /** True if every scope and lease ended by itself. */
  readonly drained: boolean;
  /** What was still held when the deadline passed, and was ended by force. */
  readonly forced: readonly HeldLease[];
  readonly tookMs: number;
}

/**
 * Drains, and forces what has not ended when it is late: when it resolves no socket is left. Resolves to what had to be
 * forced.
 */
export async function shutDown(engine: Engine, late?: Promise<void>): Promise<readonly HeldLease[]> {
  const { lender, shared, opener, source, slots } = engine;
  shared.close();
  const drained = lender.drain();
  await (late ? Promise.race([drained, late]) : drained);
  const forced = force(engine);
  await drained;
  opener.end();
  await source.close();
  await slots.whenEmpty();
  return forced;
}

/** Runs what may go on until it is late, `ms` from now. */
export async function until<T>(
  clock: Clock,
  ms: number,
  run: (late: Promise<void>) => Promise<T>,
): Promise<T> {
  const { promise: late, resolve } = defer<void>();
  const timer = clock.after(ms, () => resolve());
  try {
    return await run(late);
  } finally {
    timer.cancel();
  }
}

function force({ lender, clock }: Engine): readonly HeldLease[] {
  const now = clock.now();
  const held = [...lender.loans];
  const report = held.flatMap((loan) => loan.holder?.describe?.(now) ?? loan.describe(now));
  for (const loan of held) loan.force(lender.closedError(loan));
  return report;
}
