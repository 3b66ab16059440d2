import { defer, noop } from '../core/outcome.js';
import type { ActiveLease } from '../lease/exclusive-lease.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Engine } from '../server/engine.js';

/** What is to become of a connection. */
export type Verdict = 'reuse' | 'cleaned' | DestroyReason;

/**
 * Waits for the replies to commands whose `await` was forgotten, then undoes what the borrower left behind in one round
 * trip; both together within the release's limit.
 */
export async function cleanUp(lease: ActiveLease, engine: Engine): Promise<Verdict> {
  const { clock, releaseTimeoutMs, forceMs } = engine;
  const { client } = lease.resource;
  lease.inFlight = client.commandQueue.toArray().map(({ command }) => command.name);
  const budgetMs = releaseTimeoutMs - forceMs;
  const { promise: late, resolve } = defer<Verdict>();
  const progress = { timeUp: 'inFlight' as Verdict };
  const timer = clock.after(budgetMs, () => {
    lease.failure = new Error(`the release took longer than ${budgetMs} ms`);
    resolve(progress.timeUp);
  });
  const verdict = await Promise.race([settle(lease, engine, progress), late]);
  timer.cancel();
  if (verdict === 'inFlight') lease.failure = new Error(`no reply to ${lease.inFlight.join(', ')}`);
  return lease.resource.flaw ?? verdict;
}

async function settle(
  lease: ActiveLease,
  { source }: Engine,
  progress: { timeUp: Verdict },
): Promise<Verdict> {
  if (!(await lease.resource.answered())) return 'inFlight';
  if (!source.keeps || lease.clean) return 'reuse';
  progress.timeUp = 'dirty';
  return undo(lease);
}

async function undo(lease: ActiveLease): Promise<Verdict> {
  const { client, homeDb } = lease.resource;
  const steps = lease.state?.undo(client, homeDb);
  if (!steps) return 'dirty';
  for (const step of steps) step.catch(noop);
  try {
    await Promise.all(steps);
    return 'cleaned';
  } catch (error) {
    lease.failure = error as Error;
    return 'dirty';
  }
}
