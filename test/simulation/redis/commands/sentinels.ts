import type { CommandTable } from '../command.js';
import { Failure, NO_LIST, type Reply, Simple } from '../resp.js';

/** What a sentinel knows of the group that it watches. */
export interface Group {
  readonly name: string;
  /** Where its master is, as far as this sentinel has heard. */
  readonly master: readonly [host: string, port: string];
  readonly replicas: readonly (readonly [host: string, port: string])[];
  readonly others: readonly (readonly [host: string, port: string])[];
  /** It reaches enough of the others. */
  readonly hasQuorum: boolean;
}

const row = ([ip, port]: readonly [string, string], flags: string): Reply => [
  ...['name', `${ip}:${port}`, 'ip', ip, 'port', port, 'flags', flags],
];

/** Of a server that is a sentinel; any other does not know it. */
export const SENTINELS: CommandTable = {
  sentinel: {
    arity: -3,
    kind: 'other',
    run({ state: { group } }, [sub, name]) {
      if (!group) return new Failure("ERR unknown command 'sentinel', with args beginning with: ");
      const isKnown = name === group.name;
      switch (sub?.toLowerCase()) {
        case 'get-master-addr-by-name':
          return isKnown ? group.master : NO_LIST;
        case 'sentinels':
          return isKnown ? group.others.map((each) => row(each, 'sentinel')) : NO_GROUP;
        case 'slaves':
        case 'replicas':
          return isKnown ? group.replicas.map((each) => row(each, 'slave')) : NO_GROUP;
        case 'ckquorum':
          if (!isKnown) return NO_GROUP;
          return group.hasQuorum ? QUORUM : NO_QUORUM;
        default:
          return new Failure(`ERR Unknown sentinel subcommand '${sub}'`);
      }
    },
  },
};

const NO_GROUP = new Failure('ERR No such master with that name');
const QUORUM = new Simple('OK 3 usable Sentinels. Quorum and failover authorization can be reached');
const NO_QUORUM = new Failure(
  'NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum for this master',
);
