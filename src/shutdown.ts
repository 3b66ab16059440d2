import type { HeldLease } from './borrower.js';
import { defer } from './core/outcome.js';
import type { Engine } from './engine.js';

/** What `close()` resolves to. */
export interface CloseReport {
  /** True if every scope and lease ended by itself. */
  readonly drained: boolean;
  /** What was still held when the deadline passed, and was ended by force. */
  readonly forced: readonly HeldLease[];
  readonly tookMs: number;
}

/** Drains, then forces: when it resolves no socket and no timer is left. Resolves to what had to be forced. */
export async function shutDown(engine: Engine, deadlineMs: number): Promise<readonly HeldLease[]> {
  const { lender, shared, opener, source, slots, deadlines, clock } = engine;
  shared.close();
  const drained = lender.drain();
  opener.end();
  const { promise: late, resolve: timeUp } = defer<void>();
  const timer = clock.after(deadlineMs, () => timeUp());
  await Promise.race([drained, late]);
  timer.cancel();
  const forced = force(engine);
  await drained;
  await source.close();
  await slots.whenEmpty();
  deadlines.clear();
  return forced;
}

function force({ lender, clock }: Engine): readonly HeldLease[] {
  const now = clock.now();
  const held = [...lender.loans];
  const report = held.flatMap((loan) => loan.holder?.describe?.(now) ?? loan.describe(now));
  for (const loan of held) loan.force(lender.closedError(loan));
  return report;
}
