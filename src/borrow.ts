import { AutoLease } from './auto-lease.js';
import type { Borrower } from './borrower.js';
import type { Call } from './core/call.js';
import { notify } from './core/events.js';
import type { Engine } from './engine.js';
import type { ActiveLease } from './lease.js';
import type { Isolation } from './options.js';
import { SharedLease } from './shared-lease.js';
import type { SharedLine } from './shared-line.js';

interface Uses<L> {
  readonly use: (lease: L) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * What is at hand is used in this turn, else the call waits. A call that was stopped between being granted a connection
 * and using it gives it back unused.
 */
export function borrow(
  engine: Engine,
  call: Call,
  isolation: Isolation,
  now: number,
  uses: Uses<Borrower>,
): void {
  if (isolation === 'exclusive') borrowOwn(engine, call, now, uses);
  else enterLine(engine, call, isolation, now, uses);
}

export function borrowOwn(engine: Engine, call: Call, now: number, { use, fail }: Uses<ActiveLease>): void {
  const { lender } = engine;
  const begin = (lease: ActiveLease) => {
    tell(engine, call, now);
    use(lease);
  };
  const atHand = lender.tryAcquire(call, now);
  if (atHand) {
    begin(atHand);
    return;
  }
  lender.acquire(call, now).then((lease) => {
    const { stopped } = call;
    if (!stopped) begin(lease);
    else Promise.resolve(lease.release()).then(() => fail(stopped.error));
  }, fail);
}

function enterLine(
  engine: Engine,
  call: Call,
  isolation: Isolation,
  now: number,
  uses: Uses<Borrower>,
): void {
  const { shared, ledger, clock } = engine;
  const begin = (line: SharedLine, since: number) => {
    ledger.joined();
    tell(engine, call, now);
    const lease =
      isolation === 'auto'
        ? new AutoLease(engine, line, call, since)
        : new SharedLease(engine, line, call.label, since);
    line.enter(lease);
    uses.use(lease);
  };
  const line = shared.tryEnter();
  if (line) {
    begin(line, now);
    return;
  }
  shared.enter(call, now).then((opened) => {
    const { stopped } = call;
    if (stopped) uses.fail(stopped.error);
    else if (opened.usable) begin(opened, clock.now());
    else enterLine(engine, call, isolation, now, uses);
  }, uses.fail);
}

function tell({ observer, clock }: Engine, { label }: Call, now: number): void {
  if (observer) notify(observer, 'onAcquire', () => ({ label, waitMs: clock.now() - now }));
}
