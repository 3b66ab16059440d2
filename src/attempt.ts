import type { Call } from './core/call.js';
import { ClosedError, ConfigurationError, ConnectError } from './core/errors.js';
import { notify } from './core/events.js';
import type { Outcome } from './core/outcome.js';
import type { Attempted } from './core/retry.js';
import type { Engine } from './engine.js';
import type { ActiveLease } from './lease.js';
import { runScope, type Scope } from './scope.js';
import type { ScopedRedis } from './scoped-client.js';

export type ScopeBody<T> = (redis: ScopedRedis, scope: Scope) => T;

/** One connection, one run of `fn`, one release. What is at hand is used in this turn, else the call waits. */
export function attemptOnce<T>(
  engine: Engine,
  call: Call,
  number: number,
  fn: ScopeBody<T>,
  done: (attempted: Attempted<Awaited<T>>) => void,
): void {
  const run = (lease: ActiveLease) =>
    runScope(call, lease, number, fn, (outcome) => done(judge(outcome, lease)));
  const fail = (error: unknown) =>
    done({ outcome: { ok: false, error }, safe: true, hopeless: isHopeless(error) });
  borrow(engine, call, run, fail);
}

/** A call that was stopped between being granted a connection and using it gives it back unused. */
export function borrow(
  { lender, clock, observer }: Engine,
  call: Call,
  use: (lease: ActiveLease) => void,
  fail: (error: unknown) => void,
): void {
  const since = observer ? clock.now() : 0;
  const begin = (lease: ActiveLease) => {
    notify(observer, 'onAcquire', () => ({ label: call.label, waitMs: clock.now() - since }));
    use(lease);
  };
  call.phase = lender.waitingPhase;
  const atHand = lender.tryAcquire(call);
  if (atHand) {
    begin(atHand);
    return;
  }
  const granted = (lease: ActiveLease) => {
    const { stopped } = call;
    if (!stopped) begin(lease);
    else Promise.resolve(lease.release()).then(() => fail(stopped.error));
  };
  lender.acquire(call).then(granted, fail);
}

function judge<T>(outcome: Outcome<T>, lease: ActiveLease): Attempted<T> {
  if (outcome.ok) return { outcome, safe: false, hopeless: false };
  const { error } = outcome;
  lease.explain(error);
  return { outcome, safe: lease.state.repeatable(error), hopeless: isHopeless(error) };
}

/** Trying again would end the same way. */
function isHopeless(error: unknown): boolean {
  if (error instanceof ConnectError) return error.permanent;
  return error instanceof ConfigurationError || error instanceof ClosedError;
}
