import { readFileSync } from 'node:fs';
import type { Findings } from './findings.js';
import { doing, IN_A_CLUSTER, type OldFailure, PLAN } from './kept-programs.js';
import { KNOWN_FAULTS } from './known-faults.js';

const { faults } = JSON.parse(readFileSync(new URL('found.json', import.meta.url), 'utf8')) as Findings;

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
    fault:
      "a scope inside that is ended while its outer one waits at the server closes a stranger's connection",
    program: {
      seed: 937704305,
      instance: {
        ...PLAN,
        maxConnections: 8,
        pool: true,
        maxConnecting: 2,
        nested: 'reuse',
        latencyMs: 0.05,
      },
      steps: [
        { do: 'scopes', scopes: [doing('nest and leave', 'block')] },
        {
          do: 'scopes',
          scopes: [
            { body: [{ do: 'messages', how: 33 }], catches: false },
            doing('subscribe'),
            doing('block'),
            doing('set and get'),
            doing('subscribe anew'),
          ],
        },
        {
          do: 'scopes',
          scopes: [
            doing('echo'),
            doing('echo', 'echo'),
            doing('forget', 'track'),
            { body: [{ do: 'pause', how: 28 }], catches: false },
            { ...doing('buffers'), abort: { when: 'settled', back: 2, turns: 0 } },
            { ...doing('exec alone', 'echo'), catches: true },
            doing('buffers', 'echo'),
            doing('stream'),
            doing('rename', 'echo'),
            { ...doing('multi apart'), abort: { when: 'settled', back: 2, turns: 0 } },
            doing('messages'),
            { ...doing(), isolation: 'auto' },
            doing('echo'),
          ],
        },
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
    fault: 'a switch that is announced between the question and the subscription is not heard of',
    program: {
      seed: 2503236930,
      instance: { ...PLAN, isolation: 'shared', pool: true, address: 'sentinels' },
      steps: [
        { do: 'scopes', scopes: [{ body: [{ do: 'echo', how: 0 }], catches: false }] },
        { do: 'wait', ms: 2400 },
        { do: 'server', what: 'sentinel down' },
        { do: 'wait', ms: 1 },
        { do: 'server', what: 'depose' },
        { do: 'wait', ms: 9600 },
        { do: 'scopes', scopes: [{ body: [{ do: 'count', how: 0 }], catches: false }] },
        { do: 'wait', ms: 2400 },
      ],
    },
  },
  {
    fault: 'hooks are not told of the end of a scope inside that outlives the other',
    program: {
      seed: 2776753053,
      instance: { ...PLAN, nested: 'reuse', observer: 'counts' },
      steps: [
        { do: 'scopes', scopes: [{ body: [{ do: 'nest and leave', how: 9 }], catches: false }] },
        { do: 'settle' },
        { do: 'close', deadlineMs: 1 },
      ],
    },
  },
  {
    fault:
      'a server that loads, named by a sentinel that is cut off, ends the wait with an error that is not ours',
    program: {
      seed: 3173414918,
      instance: { ...PLAN, isolation: 'shared', protocol: 3, acquireTimeoutMs: 150, address: 'sentinels' },
      steps: [
        { do: 'scopes', scopes: [{ body: [], catches: false }] },
        { do: 'server', what: 'sentinel cut off' },
        { do: 'server', what: 'loading all' },
        { do: 'wait', ms: 300 },
      ],
    },
  },
  {
    fault: 'nothing is lost unheard while an answer about it is on its way (a rule that was too strict)',
    program: {
      seed: 1400711016,
      instance: {
        ...PLAN,
        isolation: 'auto',
        maxConnections: 3,
        pool: {
          minIdle: 0,
          idleTimeoutMs: 1000,
          maxLifetimeMs: 1800000,
          validateAfterIdleMs: 1,
          order: 'lifo',
        },
        maxConnecting: 2,
        releaseTimeoutMs: 50,
        password: true,
        latencyMs: 280,
      },
      steps: [
        {
          do: 'standing',
          scope: {
            body: [
              { do: 'echo', how: 0 },
              { do: 'echo', how: 0 },
              { do: 'echo', how: 0 },
            ],
            catches: false,
          },
        },
      ],
    },
  },
  ...IN_A_CLUSTER,
];

/** The shortest programs that found faults which are mended. They are run by every `npm test`. */
export const FAILED_ONCE: readonly OldFailure[] = KNOWN_FAULTS.flatMap(({ number, title }) => {
  const program = faults[title]?.shortest;
  return program ? [{ program, fault: number === undefined ? title : `${number}. ${title}` }] : [];
}).concat(FOUND_BEFORE);
