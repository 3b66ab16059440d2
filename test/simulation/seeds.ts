import { readFileSync } from 'node:fs';
import type { Findings } from './findings.js';
import { KNOWN_FAULTS } from './known-faults.js';
import type { Program } from './programs/program.js';

/** A program that once failed. */
interface OldFailure {
  readonly fault: string;
  readonly program: Program;
}

const { faults } = JSON.parse(readFileSync(new URL('found.json', import.meta.url), 'utf8')) as Findings;

/** What most of them have in common. */
const PLAN: Program['instance'] = {
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

/** Of faults which `simulate:prove` has not looked for, or not found again in the time that it was given. */
const FOUND_BEFORE: readonly OldFailure[] = [
  {
    fault: "the ready check of a factory's client leaves a timer behind a server that loads",
    program: {
      seed: 2009103334,
      instance: { ...PLAN, address: 'factory' },
      steps: [
        { do: 'scopes', scopes: [{ body: [], catches: false }] },
        { do: 'server', what: 'loading' },
        { do: 'wait', ms: 60 },
        { do: 'close', deadlineMs: 1 },
      ],
    },
  },
  {
    fault: 'what is kept to have minIdle is dialled at the pace of the evictor while the server is down',
    program: {
      seed: 2533632386,
      instance: {
        ...PLAN,
        isolation: 'auto',
        maxConnections: 2,
        pool: { minIdle: 2, idleTimeoutMs: 50, maxLifetimeMs: 1000, validateAfterIdleMs: 20, order: 'fifo' },
        maxConnecting: 2,
        address: 'sentinels',
      },
      steps: [
        { do: 'acquire', scope: { body: [], catches: false } },
        { do: 'server', what: 'down' },
        { do: 'wait', ms: 1500 },
      ],
    },
  },
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
    fault: 'an auto scope that gives up its move waits for its release twice',
    program: {
      seed: 245196704,
      instance: {
        ...PLAN,
        maxConnections: 3,
        maxConnecting: 3,
        pool: {
          minIdle: 0,
          idleTimeoutMs: 50,
          maxLifetimeMs: 1000,
          validateAfterIdleMs: 1000,
          order: 'fifo',
        },
        deadlineMs: 100,
      },
      steps: [
        { do: 'standing', scope: { body: [{ do: 'echo', how: 0 }], catches: false } },
        { do: 'wait', ms: 5 },
        {
          do: 'scopes',
          scopes: [
            { body: [{ do: 'script', how: 0 }], catches: false },
            { body: [{ do: 'silence', how: 0 }], catches: false, isolation: 'auto' },
            { body: [], catches: false },
          ],
        },
        { do: 'server', what: 'replica' },
        { do: 'wait', ms: 5 },
        { do: 'scopes', scopes: [{ body: [{ do: 'echo', how: 0 }], catches: false, isolation: 'auto' }] },
        { do: 'server', what: 'pause' },
        { do: 'wait', ms: 1500 },
      ],
    },
  },
  {
    fault: 'close() waits for a server that is asked whether a connection lives',
    program: {
      seed: 551848743,
      instance: {
        ...PLAN,
        isolation: 'shared',
        maxConnections: 2,
        maxConnecting: 2,
        pool: true,
        releaseTimeoutMs: 300,
        latencyMs: 280,
      },
      steps: [
        {
          do: 'scopes',
          scopes: [
            { body: [], catches: false },
            { body: [], catches: false, isolation: 'exclusive' },
          ],
        },
        { do: 'settle' },
        { do: 'sleep', ms: 600_000 },
        { do: 'close', deadlineMs: 50 },
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
    fault: 'what ioredis took from its queue and could not answer waits for ever',
    program: {
      seed: 2564264496,
      instance: {
        ...PLAN,
        isolation: 'auto',
        maxConnections: 2,
        maxConnecting: 2,
        deadlineMs: 100,
        protocol: 3,
        latencyMs: 0.2,
        commandTimeoutMs: 26.6,
      },
      steps: [
        {
          do: 'scopes',
          scopes: [
            { body: [{ do: 'block', how: 0 }], catches: false },
            { body: [], catches: false, isolation: 'exclusive' },
            { body: [{ do: 'multi subscribing', how: 0 }], catches: false },
            { body: [{ do: 'multi subscribing', how: 0 }], catches: false, isolation: 'exclusive' },
            { body: [{ do: 'silence', how: 0 }], catches: false, isolation: 'exclusive' },
          ],
        },
        { do: 'wait', ms: 60 },
        { do: 'scopes', scopes: [{ body: [{ do: 'multi subscribing', how: 0 }], catches: false }] },
        { do: 'close', deadlineMs: 50 },
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
];

/** The shortest programs that found faults which are mended. They are run by every `npm test`. */
export const FAILED_ONCE: readonly OldFailure[] = KNOWN_FAULTS.flatMap(({ number, title }) => {
  const program = faults[title]?.shortest;
  return program ? [{ program, fault: number === undefined ? title : `${number}. ${title}` }] : [];
}).concat(FOUND_BEFORE);
