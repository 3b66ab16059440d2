import { type Chart, type Membership, refusalOfWait, slotOf } from './cluster.js';
import { type Bytes, Failure, Push } from './resp.js';
import type { ServerState, Session } from './session.js';

const DEMOTED = new Failure(
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
);

/** A node hears who owns what, and tells those of its clients who wait for what it does not have any more. */
export function convert(state: ServerState, chart: Chart, down = false): void {
  const node = state.cluster as Membership;
  const { me, chart: before } = node;
  const isMaster = chart.shards.some(({ master }) => master.id === me.id);
  const isDemoted = !state.mood.replica && chart.shards.length > 0 && !isMaster;
  node.chart = chart;
  node.down = down;
  // One that belongs to nobody is a master, of nothing.
  state.mood.replica = chart.shards.length > 0 && !isMaster;
  for (const session of state.sessions.values()) {
    if (session.block) disturb(session, isDemoted, node);
    for (const channel of [...session.channels.ssubscribe]) leave(session, channel, before, chart);
  }
}

function disturb(session: Session, isDemoted: boolean, node: Membership): void {
  const key = session.block?.keys[0];
  const reply = isDemoted ? DEMOTED : key === undefined ? undefined : refusalOfWait(node, slotOf(key));
  if (reply) session.give(reply);
  if (isDemoted) session.closeAfterReply = true;
}

function leave(session: Session, channel: Bytes, before: Chart, after: Chart): void {
  const slot = slotOf(channel);
  if (before.shardOf(slot)?.master.id === after.shardOf(slot)?.master.id) return;
  session.channels.ssubscribe.delete(channel);
  session.tell(new Push(['sunsubscribe', channel, session.channels.ssubscribe.size]));
}
