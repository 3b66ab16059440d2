import type { Call } from '../core/call.js';
import { describe, isTraced, releases, Trace } from '../observe/channels.js';
import type { CallContext } from '../observe/context.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Borrower } from './borrower.js';

/** Gives a lease back, or closes its connection for the given reason; follows it, where somebody listens. */
export function endLease(
  context: CallContext,
  call: Call,
  lease: Borrower,
  reason?: DestroyReason,
): Promise<void> | undefined {
  // Only the first end is one.
  if (!lease.client || !isTraced(releases)) return end(lease, reason);
  const message = describe(context, call);
  const trace = new Trace(releases, message);
  lease.trace = message;
  const gone = end(lease, reason);
  if (gone) gone.then(() => trace.done());
  else trace.done();
  return gone;
}

function end(lease: Borrower, reason: DestroyReason | undefined): Promise<void> | undefined {
  return reason === undefined ? lease.release() : lease.destroy(reason);
}
