import { AutoLease } from './auto-lease.js';
import type { Borrower } from './borrower.js';
import { traceAcquire } from './channels.js';
import type { Call } from './core/call.js';
import { notify } from './core/events.js';
import type { CallContext, Engine } from './engine.js';
import { InnerLease } from './inner-lease.js';
import type { ActiveLease } from './lease.js';
import { SharedLease } from './shared-lease.js';
import type { SharedLine } from './shared-line.js';

/** Who borrows: exactly one of `use` and `fail` is called, once. */
export interface Uses<L = Borrower> {
  /** The wait is over; the call may still be stopped before anything is used. */
  granted?(): void;
  use(lease: L): void;
  fail(error: unknown): void;
}

/** As the call's isolation says. What is at hand is used in this turn, else the call waits. */
export function borrow(engine: Engine, call: Call, now: number, user: Uses): void {
  const uses = traceAcquire(engine, call, now, user);
  const outer = engine.nesting?.reusable();
  if (outer) borrowInner(engine, outer, call, now, uses);
  else if (call.isolation === 'exclusive') borrowOwn(engine, call, now, uses);
  else borrowShared(engine, call, now, uses);
}

/** A call that was stopped between being granted a connection and using it gives it back unused. */
export function borrowOwn(engine: Engine, call: Call, now: number, uses: Uses<ActiveLease>): void {
  const atHand = engine.lender.tryAcquire(call, now);
  if (atHand) {
    begin(engine, atHand, call, now, uses);
    return;
  }
  const { lender, nesting } = engine;
  const granted = lender.acquire(call, now);
  nesting?.wait(call, lender, granted);
  granted.then(
    (lease) => begin(engine, lease, call, now, uses),
    (error: unknown) => uses.fail(error),
  );
}

/** A connection that is lent already, to a scope around this one. */
function borrowInner(engine: Engine, outer: ActiveLease, call: Call, now: number, uses: Uses): void {
  engine.ledger.joined();
  begin(engine, new InnerLease(engine, outer, call, now), call, now, uses);
}

function borrowShared(engine: Engine, call: Call, now: number, uses: Uses): void {
  const line = engine.shared.tryEnter();
  if (line) {
    enter(engine, line, call, now, uses);
    return;
  }
  const { lender, nesting } = engine;
  const granted = engine.shared.enter(call, now);
  nesting?.wait(call, lender, granted);
  granted.then(
    (opened) => {
      if (call.stopped) uses.fail(call.stopped.error);
      else if (opened.usable) enter(engine, opened, call, now, uses);
      else borrowShared(engine, call, engine.clock.now(), uses);
    },
    (error: unknown) => uses.fail(error),
  );
}

function enter(engine: Engine, line: SharedLine, call: Call, now: number, uses: Uses): void {
  engine.ledger.joined();
  const Lease = call.isolation === 'auto' ? AutoLease : SharedLease;
  begin(engine, line.enter(new Lease(engine, line, call, now)), call, now, uses);
}

/** The call may have been stopped since the grant, and hooks may stop it now: `use` would never hear of it. */
export function begin<L extends Borrower>(
  engine: CallContext,
  lease: L,
  call: Call,
  now: number,
  uses: Uses<L>,
): void {
  uses.granted?.();
  if (engine.observer) tell(engine, call, now);
  const { stopped } = call;
  if (!stopped) uses.use(lease);
  else Promise.resolve(lease.release()).then(() => uses.fail(stopped.error));
}

function tell({ observer, clock }: CallContext, { label }: Call, now: number): void {
  notify(observer, 'onAcquire', () => ({ label, waitMs: clock.now() - now }));
}
