import type { ActionName, Program, Scope } from './programs/program.js';

/** A program that once failed. */
export interface OldFailure {
  readonly fault: string;
  readonly program: Program;
}

/** A scope that does these, each in its plainest way. */
export const doing = (...names: ActionName[]): Scope => ({
  body: names.map((name) => ({ do: name, how: 0 })),
  catches: false,
});

/** What most of them have in common. */
export const PLAN: Program['instance'] = {
  isolation: 'exclusive',
  maxConnections: 1,
  pool: false,
  maxConnecting: 1,
  maxPending: 1000,
  acquireTimeoutMs: 5000,
  deadlineMs: 5000,
  releaseTimeoutMs: 1000,
  attempts: 1,
  nested: 'allow',
  protocol: 2,
  address: 'url',
  password: false,
  observer: 'none',
  latencyMs: 0.2,
};

/** Scopes get a connection of their own when they need one. */
const MOVING: Program['instance'] = {
  ...PLAN,
  isolation: 'auto',
  maxConnections: 2,
  maxConnecting: 2,
  pool: true,
  address: 'cluster',
};

/** What there is to send to has been met, and is no master any more. */
const AFTER_A_FAILOVER: Program['steps'] = [
  { do: 'scopes', scopes: [doing('echo'), doing('echo'), doing('echo')] },
  { do: 'settle' },
  { do: 'server', what: 'fail over', at: 0 },
];

/** Of what went wrong in a cluster. */
export const IN_A_CLUSTER: readonly OldFailure[] = [
  {
    fault: 'after a MULTI with another behind it no MOVED is followed',
    program: {
      seed: 570629026,
      instance: { ...PLAN, address: 'cluster' },
      steps: [
        {
          do: 'scopes',
          scopes: [
            {
              body: [
                { do: 'forget multi', how: 55 },
                { do: 'echo', how: 0 },
                { do: 'multi in pipeline', how: 0 },
              ],
              catches: false,
            },
          ],
        },
      ],
    },
  },
  {
    fault: 'after a MULTI that waited for its connection no MOVED is followed',
    program: {
      seed: 4018239436,
      instance: { ...PLAN, address: 'cluster' },
      steps: [
        {
          do: 'scopes',
          scopes: [
            {
              body: [
                { do: 'multi', how: 35 },
                { do: 'set and get', how: 0 },
              ],
              catches: false,
            },
          ],
        },
      ],
    },
  },
  {
    fault: 'a call in a cluster is told of a limit that is not its own',
    program: {
      seed: 1737128742,
      instance: { ...PLAN, isolation: 'shared', address: 'cluster', refreshes: true, latencyMs: 1 },
      steps: [
        { do: 'standing', scope: { body: [{ do: 'echo', how: 0 }], catches: false } },
        { do: 'stall', ms: 2_000 },
        { do: 'wait', ms: 2 },
        { do: 'scopes', scopes: [{ body: [], catches: false }] },
        { do: 'stall', ms: 2_000 },
      ],
    },
  },
  {
    fault: 'a shard that leaves while its subscription is ended gives the next borrower a reply too many',
    program: {
      seed: 4262824884,
      instance: {
        ...PLAN,
        pool: true,
        attempts: 4,
        address: 'cluster',
        refreshes: true,
      },
      steps: [
        { do: 'standing', scope: { body: [{ do: 'echo', how: 0 }], catches: false } },
        {
          do: 'scopes',
          scopes: [
            { body: [], catches: false, abort: { when: 'turns', turns: 0 } },
            {
              body: [
                { do: 'echo', how: 0 },
                { do: 'list', how: 27 },
                { do: 'own command', how: 0 },
                { do: 'subscribe', how: 17 },
              ],
              catches: false,
            },
          ],
        },
        { do: 'scopes', scopes: [{ body: [], catches: false }] },
        { do: 'wait', ms: 1 },
        { do: 'server', what: 'migrate', at: 2 },
        { do: 'wait', ms: 5 },
        { do: 'standing', scope: { body: [{ do: 'hash', how: 0 }], catches: false } },
      ],
    },
  },
  {
    fault: 'a release in a cluster has its limit twice where a command waits at the server',
    program: {
      seed: 1832395882,
      instance: { ...PLAN, maxConnections: 2, maxConnecting: 2, address: 'cluster', latencyMs: 20 },
      steps: [
        { do: 'acquire', scope: { body: [{ do: 'block', how: 86 }], catches: false } },
        { do: 'settle' },
        { do: 'give back', by: 'release' },
      ],
    },
  },
  {
    fault: 'a transaction that subscribes is sent on a connection that others share',
    program: {
      seed: 2264933834,
      instance: MOVING,
      steps: [
        { do: 'scopes', scopes: [{ body: [{ do: 'multi subscribing', how: 0 }], catches: false }] },
        { do: 'wait', ms: 2 },
        { do: 'scopes', scopes: [{ body: [{ do: 'scan', how: 0 }], catches: false }] },
      ],
    },
  },
  {
    fault: "a call is told of a connection that was lost, and it was the question's",
    program: {
      seed: 3580331122,
      instance: { ...PLAN, isolation: 'shared', address: 'cluster' },
      steps: [
        { do: 'scopes', scopes: [{ body: [], catches: false }] },
        { do: 'wait', ms: 1 },
        { do: 'server', what: 'die', at: 3 },
        { do: 'wait', ms: 1 },
        { do: 'server', what: 'die', at: 1 },
        { do: 'server', what: 'die', at: 1 },
      ],
    },
  },
  {
    fault: 'a listener that comes while a scope moves hears of a connection that is not its own',
    program: {
      seed: 2164286338,
      instance: { ...MOVING, pool: false },
      steps: [
        {
          do: 'scopes',
          scopes: [
            {
              body: [
                { do: 'silence', how: 0 },
                { do: 'listen', how: 0 },
                { do: 'echo', how: 0 },
              ],
              catches: false,
            },
          ],
        },
      ],
    },
  },
  {
    fault: 'a MULTI of its own connection goes before a transaction that came first and was redirected',
    program: {
      seed: 2,
      instance: MOVING,
      steps: [
        { do: 'scopes', scopes: [{ body: [{ do: 'echo', how: 0 }], catches: false }] },
        { do: 'settle' },
        { do: 'server', what: 'fail over', at: 2 },
        { do: 'wait', ms: 4 },
        {
          do: 'scopes',
          scopes: Array.from({ length: 12 }, () => ({
            body: [
              { do: 'forget multi', how: 45 },
              { do: 'multi apart', how: 12 },
            ],
            catches: false,
          })),
        },
      ],
    },
  },
  {
    fault:
      'what follows a MULTI that a loading node refuses is redirected, and executed outside of its transaction',
    program: {
      seed: 1,
      instance: { ...MOVING, isolation: 'exclusive' },
      steps: [
        ...AFTER_A_FAILOVER,
        { do: 'server', what: 'loading all', at: 3 },
        { do: 'scopes', scopes: Array(12).fill(doing('multi apart')) },
        { do: 'settle' },
      ],
    },
  },
  {
    fault: 'what is kept to have minIdle stays at a node that has left, for the map is not asked for again',
    program: {
      seed: 2590932252,
      instance: {
        ...MOVING,
        isolation: 'shared',
        maxConnections: 1,
        maxConnecting: 1,
        pool: {
          minIdle: 1,
          idleTimeoutMs: 50,
          maxLifetimeMs: 1800000,
          validateAfterIdleMs: 20,
          order: 'fifo',
        },
        refreshes: true,
      },
      steps: [
        { do: 'scopes', scopes: [doing('set and get'), doing('set and get')] },
        { do: 'wait', ms: 2500 },
        { do: 'server', what: 'desert', at: 1 },
      ],
    },
  },
  {
    fault: 'a MULTI that was sent before it was known that what came first belongs elsewhere is left behind',
    program: {
      seed: 1,
      instance: { ...MOVING, isolation: 'exclusive' },
      steps: [
        ...AFTER_A_FAILOVER,
        {
          do: 'scopes',
          scopes: Array(12).fill({
            body: [
              { do: 'forget', how: 7 },
              { do: 'multi apart', how: 1 },
            ],
            catches: false,
          }),
        },
        { do: 'settle' },
      ],
    },
  },
];
