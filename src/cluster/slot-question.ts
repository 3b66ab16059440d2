import { ConnectError } from '../core/errors.js';
import { defer } from '../core/outcome.js';
import type { ExclusiveLease } from '../lease/exclusive-lease.js';
import type { Claim } from '../pool/waiters.js';
import type { ServerBackend } from '../server/server-backend.js';
import type { Address } from './plan.js';

/** What one node answers to CLUSTER SLOTS, within the bound; `unwanted` rejects when nobody wants to know any more. */
export async function askForSlots(
  server: ServerBackend,
  address: Address,
  boundMs: number,
  unwanted: Promise<never>,
): Promise<unknown> {
  const claim: Claim = { label: undefined, acquireTimeoutMs: boundMs, phase: undefined };
  const { clock } = server;
  unwanted.catch((error: unknown) => claim.phase?.stop(error, 'closed'));
  const lease = await server.borrowOwn(claim, clock.now());
  lease.silent = true;
  const { promise: late, reject } = defer<never>();
  const timer = clock.after(boundMs, () => {
    const cause = new Error(`no answer to CLUSTER SLOTS within ${boundMs} ms`);
    reject(new ConnectError(address, false, { cause }));
  });
  try {
    return await answer(lease, [late, unwanted]);
  } finally {
    timer.cancel();
  }
}

async function answer(lease: ExclusiveLease, ends: readonly Promise<never>[]): Promise<unknown> {
  try {
    const reply = await Promise.race([lease.connection.client.cluster('SLOTS'), ...ends]);
    await lease.release();
    return reply;
  } catch (error) {
    await lease.destroy('unhealthy');
    throw error;
  }
}
