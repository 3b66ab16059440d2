import type { Send } from '../adapters/handshake.js';
import { noop } from '../core/outcome.js';
import { type Address, type ClusterPlan, dialled } from './plan.js';
import { type Chart, readChart, type SlotMap } from './slot-map.js';

/**
 * What somebody new tells of another cluster; undefined where it is one of ours. Its id says so in one reply, and where
 * nobody knows that, the company it keeps. Who may not ask, or asks a proxy, goes by the address. Rejects where it says
 * that it is in none.
 */
export async function chartOfStranger(
  send: Send,
  address: Address,
  plan: ClusterPlan,
  slots: SlotMap,
): Promise<Chart | undefined> {
  const id = await send('cluster', 'MYID').catch(refuseLoner);
  if (typeof id !== 'string' || slots.knows(id)) return undefined;
  const reply = await send('cluster', 'SLOTS').catch(noop);
  const chart = readChart(reply, dialled(address).host, plan);
  return chart && slots.isForeign(chart) ? chart : undefined;
}

function refuseLoner({ message }: Error): void {
  if (message.includes('cluster support disabled')) throw new Error('the node belongs to no cluster');
}
