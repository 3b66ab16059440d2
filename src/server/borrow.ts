import type { Call } from '../core/call.js';
import { AutoLease } from '../lease/auto-lease.js';
import type { Borrower } from '../lease/borrower.js';
import type { ActiveLease } from '../lease/exclusive-lease.js';
import { InnerLease } from '../lease/nested-lease.js';
import type { SharedLine } from '../lease/shared-connection.js';
import { SharedLease } from '../lease/shared-lease.js';
import type { Engine } from './engine.js';

/** What is at hand is there in this turn; else the call waits for it, and may be stopped. */
export type Borrowed<L = Borrower> = L | Promise<L>;

/** As the call's isolation says. */
export function borrow(engine: Engine, call: Call, now: number): Borrowed {
  const outer = engine.nesting?.reusable();
  if (outer) return borrowInner(engine, outer, call, now);
  if (call.isolation === 'exclusive') return borrowOwn(engine, call, now);
  const line = engine.shared.tryEnter();
  return line ? enter(engine, line, call, now) : borrowShared(engine, call, now);
}

export function borrowOwn({ lender, nesting }: Engine, call: Call, now: number): Borrowed<ActiveLease> {
  const atHand = lender.tryAcquire(call, now);
  if (atHand) return atHand;
  const granted = lender.acquire(call, now);
  nesting?.wait(call, lender, granted);
  return granted;
}

/** A connection that is lent already, to a scope around this one. */
function borrowInner(engine: Engine, outer: ActiveLease, call: Call, now: number): InnerLease {
  engine.ledger.joined();
  return new InnerLease(engine, outer, call, now);
}

async function borrowShared(engine: Engine, call: Call, now: number): Promise<SharedLease> {
  const { shared, lender, nesting, clock } = engine;
  for (let since = now; ; since = clock.now()) {
    const granted = shared.enter(call, since);
    nesting?.wait(call, lender, granted);
    const opened = await granted;
    if (call.stopped) throw call.stopped.error;
    const line = opened.usable ? opened : shared.tryEnter();
    if (line) return enter(engine, line, call, clock.now());
  }
}

function enter(engine: Engine, line: SharedLine, call: Call, now: number): SharedLease {
  engine.ledger.joined();
  const Lease = call.isolation === 'auto' ? AutoLease : SharedLease;
  return line.enter(new Lease(engine, line, call, now));
}

/** For a call that was stopped between being granted something and using it; hooks may do so too. */
export async function giveBackUnused(lease: Borrower, stopped: { readonly error: unknown }): Promise<never> {
  await lease.release();
  throw stopped.error;
}
