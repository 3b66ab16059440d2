import type { KnownFault } from './known-faults.js';
import { cut } from './mend.js';

/** What the package once did wrong in a cluster. */
export const CLUSTER_FAULTS: readonly KnownFault[] = [
  {
    number: 84,
    title: "MOVED is not followed where ioredis does not know the command's key",
    mend: [
      cut('cluster/router.ts', '    unit.told = slot;\n'),
      cut('cluster/router.ts', '    if (unit.refused) this.#keyPlaces.learn(unit.refused, slot);\n'),
      cut('cluster/dispatcher.ts', '    if (redirect) return this.lanes.afresh(target);\n'),
    ],
    // The other one knows the keys of more commands.
    major: 5,
  },
  {
    number: 85,
    title: 'a node that was taken out answers CLUSTERDOWN, and is asked for ever',
    mend: [cut('cluster/dispatcher.ts', 'if (unit.doubtful) this.#router.topology.doubt(unit.at);')],
  },
  {
    number: 86,
    title: 'an instance that slept while its nodes were replaced is stranded',
    mend: [
      cut(
        'cluster/acquaintances.ts',
        '[...new Set([...inTurn, ...this.#seeds, ...this.#current, ...former])]',
        '[...new Set([...inTurn, ...this.#seeds, ...former.slice(99)])]',
      ),
    ],
  },
  {
    title: 'hooks are told of the end of a scope that was given up just when its connection came',
    mend: [
      cut('cluster/router.ts', '  lease.silent = true;\n  return stopped', '  return stopped'),
      cut('cluster/lane-set.ts', 'lease.holder = lane;', 'lease.silent = true;\n    lease.holder = lane;'),
    ],
  },
  {
    title: 'a call that waits at a node which leaves gets a false ClosedError',
    mend: [cut('cluster/router.ts', 'return hasLeft ? reason : error;', 'return error;')],
  },
  {
    title: 'a command after MULTI is redirected, and executed outside of its transaction',
    mend: [
      cut(
        'cluster/dispatcher.ts',
        'this.#remember(unit);\n    if (unit.doubtful)',
        'void Promise.resolve().then(() => this.#remember(unit));\n    if (unit.doubtful)',
      ),
    ],
  },
  {
    title: 'what follows a MULTI or WATCH that a node refuses is redirected, and executed without it',
    mend: [
      cut(
        'cluster/unit.ts',
        'remember(false, error);\n        if (!isReply',
        "if (effect === 'exec' && isAbort(error)) remember(false, error);\n        if (!isReply",
      ),
    ],
  },
  {
    title: 'a command is executed although its MULTI could not have a connection',
    mend: [cut('cluster/dispatcher.ts', 'if (reason !== undefined) this.gate.end(() => reason);')],
  },
  {
    title: 'what is kept to have minIdle stays at a node that has left',
    mend: [
      cut(
        'cluster/plan.ts',
        'pool?.minIdle ? UNLIMITED : (pool?.idleTimeoutMs ?? 0)',
        'pool?.idleTimeoutMs ?? 0',
      ),
    ],
  },
  {
    title: 'a MULTI that was sent before it was known that what came first belongs elsewhere is left behind',
    mend: [
      cut('cluster/dispatcher.ts', 'if (unit.redirect && !this.#clean) {', 'if (unit.hops > 99) {'),
      cut('cluster/dispatcher.ts', '    if (!this.#clean) return;\n'),
    ],
  },
  {
    title: 'a transaction is executed without the WATCH ahead of it, where a node answers both with ASK',
    mend: [
      cut(
        'cluster/dispatcher.ts',
        'unit.giveUp();\n    if (this.#own) this.#remember(unit);',
        'unit.giveUp();',
      ),
    ],
  },
  {
    title: 'nodes that all load when they are asked for the map end a call',
    mend: [cut('cluster/topology.ts', 'if (loads && !this.#closed) {', 'if (loads && this.#closed) {')],
  },
  {
    title:
      'the last byte of a reply, if it comes by itself, ends its connection and what has been answered on it',
    mend: [
      cut('connection/incoming.ts', ' && !isRest'),
      cut('connection/incoming.ts', '      this.#taken = undefined;\n      this.#break', '      this.#break'),
    ],
  },
  {
    title: 'a call that nodes send to and fro gets a false ClosedError where one of them leaves',
    mend: [cut('cluster/router.ts', 'if (!(error instanceof ClosedError)) return error;', 'return error;')],
  },
];
