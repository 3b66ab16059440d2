import { type Membership, slotOf } from '../cluster.js';
import type { CommandTable } from '../command.js';
import { type Bytes, Failure, OK, Pairs, type Reply } from '../resp.js';
import type { Session } from '../session.js';

const DISABLED = new Failure('ERR This instance has cluster support disabled');

function slots({ chart }: Membership): Reply {
  return chart.ranges.map(([from, to, { master, replicas }]) => [
    from,
    to,
    ...[master, ...replicas].map(({ host, port, id }) => [host, port, id, new Pairs([])]),
  ]);
}

function cluster({ state }: Session, [sub, word]: readonly Bytes[]): Reply {
  const { cluster: node } = state;
  if (!node) return DISABLED;
  switch (sub?.toLowerCase()) {
    case 'slots':
      return slots(node);
    case 'myid':
      return node.me.id;
    case 'keyslot':
      return slotOf(word as Bytes);
    default:
      throw new Error(`CLUSTER ${sub} has an arity and no meaning`);
  }
}

const flag = (name: 'asking' | 'readOnly', value: boolean): CommandTable[string] => ({
  arity: 1,
  kind: 'other',
  whileLoading: name === 'readOnly',
  run(session) {
    if (!session.state.cluster) return DISABLED;
    session[name] = value;
    return OK;
  },
});

/** Of a server that is a node of a cluster. */
export const NODES: CommandTable = {
  cluster: {
    arity: -2,
    kind: 'other',
    parts: { slots: 2, myid: 2, keyslot: 3 },
    run: cluster,
  },
  asking: flag('asking', true),
  readonly: flag('readOnly', true),
  readwrite: flag('readOnly', false),
};
