import { commandOf } from '../adapters/ioredis.js';
import { isReplyError, isServerRefusal } from '../connection/reply-error.js';
import { within } from '../core/clock.js';
import { isOurs } from '../core/error-base.js';
import { AcquireTimeoutError, ConnectError } from '../core/errors.js';
import type { Claim } from '../pool/waiters.js';
import type { ServerBackend } from '../server/server-backend.js';
import { type Address, type ClusterPlan, dialled } from './plan.js';
import { type Chart, readChart } from './slot-map.js';

/** What one node tells of its cluster; `unwanted` rejects when nobody wants to know any more. */
export async function askForChart(
  server: ServerBackend,
  address: Address,
  plan: ClusterPlan,
  unwanted: Promise<never>,
): Promise<Chart> {
  const refuse = (cause: unknown, permanent: boolean) => new ConnectError(address, permanent, { cause });
  try {
    const reply = await askForSlots(server, address, plan.refreshTimeoutMs, unwanted);
    const chart = readChart(reply, dialled(address).host, plan);
    if (chart) return chart;
  } catch (error) {
    if (isReplyError(error)) throw refuse(error, !isServerRefusal(error));
    // A limit that has passed is that of the question, of which the caller knows nothing.
    throw isOurs(error) && !(error instanceof AcquireTimeoutError) ? error : refuse(error, false);
  }
  throw refuse(new Error('the node belongs to no cluster'), true);
}

/** The reply to CLUSTER SLOTS, within the bound. */
async function askForSlots(
  server: ServerBackend,
  address: Address,
  boundMs: number,
  unwanted: Promise<never>,
): Promise<unknown> {
  const claim: Claim = { label: undefined, acquireTimeoutMs: boundMs, phase: undefined };
  const { clock } = server;
  unwanted.catch((error: unknown) => claim.phase?.stop(error, 'closed'));
  const now = clock.now();
  // Where scopes share a connection there may be no other for as long as they do.
  const lease = server.shared.tryJoin(claim, now) ?? (await server.borrowOwn(claim, now));
  lease.silent = true;
  const answer = lease.send(commandOf('cluster', ['SLOTS']), undefined, undefined);
  try {
    const reply = await within(clock, boundMs, Promise.race([answer, unwanted]), () => {
      const cause = new Error(`no answer to CLUSTER SLOTS within ${boundMs} ms`);
      throw new ConnectError(address, false, { cause });
    });
    await lease.release();
    return reply;
  } catch (error) {
    await lease.destroy('unhealthy');
    throw error;
  }
}
